"use strict";
// The page: one `view`, controls that change it, and what is drawn from it.

const FRAMES_KEPT = 24;
const control = (id) => document.getElementById(id);

class Viewer {
  constructor(source) {
    this.source = source;
    this.page = source.page;
    this.values = new Map();
    this.frames = new Map();
    this.panes = [];
    this.asked = 0;
    this.view = viewFrom(location.hash, this.firstView(), this.page);
  }

  firstView() {
    const [name, map] = Object.entries(this.page.estimates[0].maps)[0];
    return {
      voxel: this.page.start, frame: this.page.t ? this.page.t.length - 1 : 0, map: name, estimate: 0, beside: -1,
      opacity: 0.75, low: map.low, high: map.high, threshold: firstThreshold(map.low, map.high), layout: "slice", zoom: 1, brightness: 1,
    };
  }

  async open() {
    fillControls(this);
    await this.openPane("pane-a");
    this.regions = new RegionTools(() => this.panes, this.page, this.source, () => this.drawMaps());
    listen(this);
    await this.drawAll();
    document.body.dataset.ready = "yes";
  }

  async openPane(id) {
    const pane = new Pane(control(id), this.page);
    const first = this.view.frame;
    await pane.open(await this.file(first), this.white());
    if (!this.frames.has(first)) this.frames.set(first, pane.viewer.volumes[0].img);
    pane.onMove = (voxel) => this.moved(pane, voxel);
    pane.canvas.addEventListener("pointerup", () => setTimeout(() => this.penUp(pane), 0));
    this.panes.push(pane);
    return pane;
  }

  // Every pane anew; the second one is made when it is first wanted.
  async drawAll() {
    const two = this.view.beside >= 0;
    show("second", two);
    if (two && this.panes.length < 2) {
      const pane = await this.openPane("pane-b");
      if (this.panes[0].viewer.drawBitmap) this.regions.copyTo(this.panes[0].viewer.drawBitmap, [pane]);
    }
    for (const pane of this.panes) pane.layout(this.view.layout);
    await this.drawFrame();
    await this.drawMaps();
    this.drawPlace();
    showControls(this);
  }

  async drawFrame() {
    const wanted = this.view.frame;
    const samples = await this.frame(wanted);
    if (wanted !== this.view.frame) return; // the slider has moved on
    for (const pane of this.panes) pane.image(samples, this.white());
  }

  white() {
    return this.page.brightness / this.view.brightness;
  }

  file(n) {
    return this.source.hasFrames && this.page.t ? this.source.frame(n) : this.source.anatomy();
  }

  async frame(n) {
    if (!this.frames.has(n)) {
      if (this.frames.size >= FRAMES_KEPT) this.frames.delete(this.frames.keys().next().value);
      this.frames.set(n, niftiSamples(await this.file(n)));
    }
    return this.frames.get(n);
  }

  // Map `name`, or with _se after it that of its standard error, of an estimate; null without one.
  async mapValues(estimate, name) {
    const error = name.endsWith("_se");
    const plain = error ? name.slice(0, -3) : name;
    const map = this.page.estimates[estimate].maps[plain];
    if (!map || (error && !map.error)) return null;
    const key = `${estimate}/${name}`;
    if (!this.values.has(key)) this.values.set(key, niftiSamples(await this.source.map(estimate, plain, error)));
    return this.values.get(key);
  }

  async drawMaps() {
    const { estimate, beside, map, low, high, threshold, opacity } = this.view;
    const shown = [estimate, beside].slice(0, this.panes.length);
    for (const [i, one] of shown.entries()) {
      if (one < 0) continue;
      const values = await this.mapValues(one, map);
      const bytes = coloured(values || this.nothing(), low, high, threshold, this.regions.edge);
      this.panes[i].map(bytes, this.colours(), opacity);
      const { name } = this.page.estimates[one];
      control(i ? "caption-b" : "caption-a").textContent = values ? name : `${name}: no such map`;
    }
  }

  nothing() {
    return new Float32Array(this.page.grid.reduce((a, b) => a * b)).fill(NaN);
  }

  colours() {
    return this.view.map.endsWith("_se") ? "inferno" : "viridis";
  }

  drawPlace() {
    for (const pane of this.panes) pane.moveTo(this.view.voxel, this.view.zoom);
    this.tell();
  }

  // A pane's crosshair was moved by hand.
  moved(pane, voxel) {
    if (String(voxel) === String(this.view.voxel)) return;
    this.view.voxel = voxel;
    for (const other of this.panes) if (other !== pane) other.moveTo(voxel, this.view.zoom);
    showControls(this);
    if (!this.regions.drawing) this.tell();
  }

  // While a stroke was drawn nothing was asked about the voxels under the pen.
  penUp(pane) {
    if (!this.regions.drawing) return;
    this.tell();
    this.regions.drawn(pane);
  }

  go(voxel) {
    this.view.voxel = voxel;
    this.drawPlace();
    showControls(this);
  }

  // Ask about the voxel; of several questions under way only the last answer is shown.
  async tell() {
    const [question, voxel] = [++this.asked, this.view.voxel];
    try {
      const answer = await this.source.voxel(voxel);
      if (question !== this.asked) return;
      this.answer = answer;
      this.tellCurve();
      document.body.dataset.voxel = voxel.join(",");
      this.tellNearest(voxel);
      const weights = await Promise.all(this.page.estimates.map((_, e) => this.source.weights(e, voxel[2])));
      if (question === this.asked) showWeights(weights, this.page);
    } catch (error) {
      say(error.message);
    }
  }

  tellCurve() {
    if (this.answer) showVoxel(this.answer, this.page, this.source.hasFrames && this.page.t ? this.page.t[this.view.frame] : null);
  }

  // In an exported page: the way to the nearest voxel whose curve it holds.
  tellNearest(voxel) {
    if (this.answer.kind !== "elsewhere" || !this.source.curves.length) return;
    const far = (v) => Math.hypot(...[0, 1, 2].map((i) => v[i] - voxel[i]));
    const nearest = this.source.curves.reduce((a, b) => (far(b) < far(a) ? b : a));
    const button = make("button", { type: "button" }, `Go to the nearest of them, ${nearest.join(", ")}`);
    button.addEventListener("click", () => this.go(nearest));
    control("voxel-note").append(" ", button);
  }
}

async function start() {
  try {
    const viewer = new Viewer(await openSource());
    await viewer.open();
    return viewer;
  } catch (error) {
    say(`The page could not be opened: ${error.message}`);
    throw error;
  }
}

const opened = start();
