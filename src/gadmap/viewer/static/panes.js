"use strict";
// One image pane: the series or the anatomy, a map over it, and the crosshair, in voxels of the files.

class Pane {
  constructor(canvas, page) {
    this.page = page;
    this.canvas = canvas;
    this.onMove = () => {};
    this.viewer = new niivue.Niivue({
      backColor: [0, 0, 0, 1],
      crosshairColor: [1, 0.82, 0.3, 0.9],
      crosshairWidth: 1.5,
      crosshairWidthUnit: "mm",
      crosshairGap: 6,
      fontColor: [0.75, 0.78, 0.82, 1],
      fontMinPx: 14,
      isRadiologicalConvention: true,
      sagittalNoseLeft: true,
      isNearestInterpolation: true,
      isForceMouseClickToVoxelCenters: true,
      dragAndDropEnabled: false,
      dragMode: 0,
      multiplanarShowRender: 0,
      logLevel: "error",
    });
    this.viewer.onLocationChange = () => this.onMove(this.voxel());
  }

  async open(anatomy) {
    await this.viewer.attachToCanvas(this.canvas);
    addColourMaps(this.viewer, this.page.colours);
    this.header = anatomy.slice(0, 352);
    const base = await niivue.NVImage.loadFromUrl({
      buffer: anatomy, name: "anatomy.nii", url: "anatomy.nii", colormap: "gray", cal_min: 0, cal_max: this.page.brightness,
    });
    this.viewer.addVolume(base);
    const map = await niivue.NVImage.loadFromUrl({
      buffer: this._emptyLayer(), name: "map.nii", url: "map.nii", colormap: LAYER + "viridis", cal_min: 0, cal_max: 255, opacity: 0,
    });
    this.viewer.addVolume(map);
    this.viewer.drawOpacity = 0.45;
    this.layout("slice");
  }

  // A NIfTI file on the same grid with a byte for each voxel.
  _emptyLayer() {
    const [x, y, z] = this.page.grid;
    const buffer = new ArrayBuffer(352 + x * y * z);
    new Uint8Array(buffer).set(new Uint8Array(this.header));
    const header = new DataView(buffer);
    header.setInt16(70, 2, true);
    header.setInt16(72, 8, true);
    return buffer;
  }

  image(samples, brightness) {
    const base = this.viewer.volumes[0];
    base.img = samples;
    base.cal_max = brightness;
    this.viewer.updateGLVolume();
  }

  brightness(value) {
    this.viewer.volumes[0].cal_max = value;
    this.viewer.updateGLVolume();
  }

  map(bytes, colours, opacity) {
    const layer = this.viewer.volumes[1];
    layer.img = bytes;
    layer.cal_min = 0;
    layer.cal_max = 255;
    layer.opacity = opacity;
    layer.colormap = LAYER + colours;
    this.viewer.updateGLVolume();
  }

  opacity(value) {
    this.viewer.setOpacity(1, value);
  }

  // The acquired plane: the one across the files' third axis.
  plane() {
    const step = this.viewer.volumes[0].img2RASstep.map(Math.abs);
    return step.indexOf(Math.max(...step));
  }

  layout(name) {
    const types = this.viewer.sliceTypeAxial !== undefined
      ? [this.viewer.sliceTypeSagittal, this.viewer.sliceTypeCoronal, this.viewer.sliceTypeAxial]
      : [2, 1, 0];
    const all = this.viewer.sliceTypeMultiplanar ?? 3;
    this.viewer.setSliceType(name === "planes" ? all : types[this.plane()]);
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
    this.viewer.scene.pan2Dxyzmm = [...[0, 1, 2].map((i) => (1 - factor) * (mm[i] - this.middle(i))), factor];
    this.viewer.drawScene();
  }

  middle(axis) {
    const [low, high] = [this.viewer.frac2mm([0, 0, 0]), this.viewer.frac2mm([1, 1, 1])];
    return 0 * (low[axis] + high[axis]);
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
