"use strict";
// One image pane: the series or the anatomy, a map over it, and the crosshair, in voxels of the files.

// Names that NiiVue keeps for itself or may rename, with no public one that does the same: what a
// pane asks of a viewer and of its images. A NiiVue without one of them is refused, here and in the tests.
const INNER = {
  viewer: ["refreshLayers", "vox2frac", "frac2vox", "frac2mm", "canvasPos2frac", "blurShader", "sobelFirstOrderShader"],
  image: ["_colormap", "_opacity", "img2RASstep", "img2RASstart", "dimsRAS"],
};

function requireNames(kind, thing) {
  const missing = INNER[kind].filter((name) => !(name in thing));
  if (missing.length) throw new Error(`this NiiVue's ${kind} has no ${missing.join(", ")}; panes.js was written for another version`);
}

// A NIfTI file whose samples are shown from 0 to `high`; with that NiiVue need not look for a range.
function ranged(file, high) {
  const header = new DataView(file);
  header.setFloat32(124, high, true);
  header.setFloat32(128, 0, true);
  return file;
}

// A shader in the place of one of NiiVue's that draws nothing: all its points lie outside the view.
function idleShader(gl) {
  const program = gl.createProgram();
  const sources = [
    [gl.VERTEX_SHADER, "#version 300 es\nvoid main() { gl_Position = vec4(2.0, 2.0, 2.0, 1.0); }"],
    [gl.FRAGMENT_SHADER, "#version 300 es\nprecision lowp float; out vec4 c; void main() { c = vec4(0.0); }"],
  ];
  for (const [kind, text] of sources) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return { use: () => gl.useProgram(program), uniforms: {} };
}

// A NIfTI file on the same grid with a byte for each voxel.
function emptyLayer(file, [x, y, z]) {
  const layer = new ArrayBuffer(352 + x * y * z);
  new Uint8Array(layer).set(new Uint8Array(file, 0, 352));
  const header = new DataView(layer);
  header.setInt16(70, 2, true);
  header.setInt16(72, 8, true);
  return layer;
}

class Pane {
  constructor(canvas, page) {
    this.page = page;
    this.canvas = canvas;
    this.onMove = () => {};
    this.viewer = new niivue.Niivue({
      backColor: [0, 0, 0, 1],
      crosshairColor: [1, 0.82, 0.3, 0.9],
      crosshairWidth: 0.6,
      crosshairWidthUnit: "mm",
      crosshairGap: 6,
      fontColor: [0.75, 0.78, 0.82, 1],
      fontMinPx: 14,
      showAllOrientationMarkers: true,
      isRadiologicalConvention: true,
      sagittalNoseLeft: true,
      isNearestInterpolation: true,
      isForceMouseClickToVoxelCenters: true,
      dragAndDropEnabled: false,
      dragMode: 0,
      multiplanarShowRender: 0,
      multiplanarPadPixels: 8,
      logLevel: "error",
      doubleTouchTimeout: 0, // its double and its long touch set the window anew, which the page has a slider for
      longTouchTimeout: 2 ** 31 - 1,
    });
    this.viewer.onLocationChange = () => this.onMove(this.voxel());
  }

  // `file` is the NIfTI file of the first image, white at `white`; the map comes later.
  async open(file, white) {
    this.canvas.addEventListener("dblclick", (event) => event.stopImmediatePropagation()); // likewise
    await this.viewer.attachToCanvas(this.canvas);
    requireNames("viewer", this.viewer);
    this.listenToTaps();
    // NiiVue prepares the lighting of 3-D rendering with every image, most of its work; none is lit here
    this.viewer.blurShader = this.viewer.sobelFirstOrderShader = idleShader(this.viewer.gl);
    addColourMaps(this.viewer, this.page.colours);
    const layer = emptyLayer(file, this.page.grid);
    const [base, map] = await Promise.all([
      niivue.NVImage.loadFromUrl({ buffer: ranged(file, white), name: "image.nii", url: "image.nii", colormap: "gray" }),
      niivue.NVImage.loadFromUrl({ buffer: ranged(layer, 255), name: "map.nii", url: "map.nii", colormap: LAYER + "viridis" }),
    ]);
    this.viewer.volumes.push(base);
    this.viewer.addVolume(map); // brings both to the graphics card
    requireNames("image", map);
    this.viewer.drawOpacity = 0.45;
  }

  // NiiVue looks at a touch a moment after it began, and misses one that has ended by then.
  listenToTaps() {
    let still = false;
    this.canvas.addEventListener("touchstart", (event) => { still = event.touches.length === 1; });
    this.canvas.addEventListener("touchmove", () => { still = false; });
    this.canvas.addEventListener("touchend", ({ changedTouches: [touch] }) => {
      if (!still || this.viewer.opts.drawingEnabled) return;
      const { left, top, width } = this.canvas.getBoundingClientRect();
      const scale = this.canvas.width / width;
      const place = this.viewer.canvasPos2frac([(touch.clientX - left) * scale, (touch.clientY - top) * scale]);
      if (place[0] < 0) return; // beside the slices
      this.viewer.scene.crosshairPos = place;
      this.viewer.drawScene();
      this.onMove(this.voxel());
    });
  }

  // NiiVue would bring all layers to the card anew; here only the one that changed.
  _refresh(layer) {
    this.viewer.refreshLayers(this.viewer.volumes[layer], layer);
    this.viewer.drawScene();
  }

  image(samples, white) {
    const base = this.viewer.volumes[0];
    if (base.img === samples && base.cal_max === white) return;
    base.img = samples;
    base.cal_max = white;
    this._refresh(0);
  }

  map(bytes, colours, opacity) {
    const layer = this.viewer.volumes[1];
    layer._colormap = LAYER + colours; // its setter would measure the samples, and lose the range
    layer.img = bytes;
    this.opacity(opacity);
  }

  opacity(value) {
    this.viewer.volumes[1]._opacity = value;
    this._refresh(1);
  }

  // The acquired plane: the one across the files' third axis.
  plane() {
    const step = this.viewer.volumes[0].img2RASstep.map(Math.abs);
    return step.indexOf(Math.max(...step));
  }

  layout(name) {
    const { SAGITTAL, CORONAL, AXIAL, MULTIPLANAR } = niivue.SLICE_TYPE;
    this.viewer.setSliceType(name === "planes" ? MULTIPLANAR : [SAGITTAL, CORONAL, AXIAL][this.plane()]);
  }

  // Voxel (x, y, z) of the files under the crosshair; NiiVue counts along the patient's axes.
  voxel() {
    const ras = this.viewer.frac2vox(this.viewer.scene.crosshairPos);
    const { img2RASstep: step, img2RASstart: start } = this.viewer.volumes[0];
    let at = start[0] + start[1] + start[2];
    for (let i = 0; i < 3; i++) at += Math.round(ras[i]) * step[i];
    return this._unflat(at);
  }

  _unflat(at) {
    const [nx, ny] = this.page.grid;
    return [at % nx, Math.floor(at / nx) % ny, Math.floor(at / (nx * ny))];
  }

  // Index along the patient's axes of a voxel of the files.
  ras(voxel) {
    const { img2RASstep: step, img2RASstart: start } = this.viewer.volumes[0];
    const [nx, ny] = this.page.grid;
    const strides = [1, nx, nx * ny];
    return step.map((s, i) => {
      const axis = strides.indexOf(Math.abs(s));
      return (voxel[axis] * strides[axis] - start[i]) / s;
    });
  }

  moveTo(voxel, zoom) {
    this.viewer.scene.crosshairPos = this.viewer.vox2frac(this.ras(voxel));
    this.zoom(zoom);
  }

  // Enlarged about the crosshair.
  zoom(factor) {
    const mm = this.viewer.frac2mm(this.viewer.scene.crosshairPos);
    this.viewer.setPan2Dxyzmm([...[0, 1, 2].map((i) => (1 - factor) * mm[i]), factor]);
  }

  // A step on the screen: across to the right, up, through the slices.
  stepped(voxel, right, up, through) {
    const plane = this.plane();
    const across = plane === 0 ? 1 : 0;
    const upward = plane === 2 ? 1 : 2;
    const ras = this.ras(voxel);
    ras[across] -= right; // radiological: the patient's right, and the nose, are on the left
    ras[upward] += up;
    ras[plane] += through;
    const dims = this.viewer.volumes[0].dimsRAS;
    const kept = ras.map((v, i) => Math.min(Math.max(v, 0), dims[i + 1] - 1));
    const { img2RASstep: step, img2RASstart: start } = this.viewer.volumes[0];
    return this._unflat(start.reduce((a, b) => a + b) + kept.reduce((sum, v, i) => sum + v * step[i], 0));
  }
}
