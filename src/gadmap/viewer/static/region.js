"use strict";
// A region: drawn with the pen or loaded from a file, measured where the data are, saved as CSV.

class RegionTools {
  // `panes` gives those there are; `redraw` is called when the region's edge has changed.
  constructor(panes, page, source, redraw) {
    this.panes = panes;
    this.redraw = redraw;
    this.edge = [];
    this.page = page;
    this.source = source;
    this.answer = null;
    const on = (id, event, action) => document.getElementById(id).addEventListener(event, action);
    on("draw", "click", () => this.pen(this.mode === "draw" ? null : "draw"));
    on("erase", "click", () => this.pen(this.mode === "erase" ? null : "erase"));
    on("clear", "click", () => this.clear());
    on("load", "change", (event) => this.load(event.target));
    on("load-label", "keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") document.getElementById("load").click();
    });
    on("csv", "click", () => this.save());
    this.mode = null;
    if (source.fixedMask) this.edge = edgeOf(source.fixedMask, page.grid);
    if (source.fixedRegion) this.show(source.fixedRegion);
    else this.hint();
  }

  outline(edge) {
    this.edge = edge;
    this.redraw();
  }

  hint() {
    document.getElementById("region-text").textContent =
      "Press Draw and encircle an area of the image, slice by slice; or load a NIfTI mask on the grid of the maps.";
  }

  get drawing() {
    return this.mode !== null;
  }

  // "draw" fills what is encircled, "erase" empties it, null puts the pen away.
  pen(mode) {
    this.mode = mode;
    for (const name of ["draw", "erase"]) document.getElementById(name).setAttribute("aria-pressed", mode === name);
    for (const { viewer } of this.panes()) {
      viewer.setDrawingEnabled(mode !== null);
      if (mode !== null) viewer.setPenValue(mode === "draw" ? 1 : 0, true);
    }
  }

  // After a stroke in one pane: the same region in the other, and what it holds.
  async drawn(pane) {
    const bitmap = pane.viewer.drawBitmap;
    if (!bitmap) return;
    this.copyTo(bitmap, this.panes().filter((other) => other !== pane));
    await this.measure(pane);
  }

  copyTo(bitmap, panes) {
    for (const { viewer } of panes) {
      if (!viewer.drawBitmap) viewer.createEmptyDrawing();
      viewer.drawBitmap.set(bitmap);
      viewer.refreshDrawing(true);
    }
  }

  // The drawing lies along the patient's axes; the mask as the files do.
  async measure(pane) {
    const { img2RASstep: step, img2RASstart: start, dimsRAS: dims } = pane.viewer.volumes[0];
    const bitmap = pane.viewer.drawBitmap;
    const mask = new Uint8Array(bitmap.length);
    let at = 0;
    for (let z = 0; z < dims[3]; z++)
      for (let y = 0; y < dims[2]; y++)
        for (let x = 0; x < dims[1]; x++, at++) {
          if (bitmap[at]) mask[start[0] + x * step[0] + start[1] + y * step[1] + start[2] + z * step[2]] = 1;
        }
    if (!mask.includes(1)) return this.forget();
    this.outline(edgeOf(mask, this.page.grid));
    try {
      this.show(await this.source.region(mask));
    } catch (error) {
      say(error.message);
    }
  }

  clear() {
    this.pen(null);
    for (const { viewer } of this.panes()) if (viewer.drawBitmap) viewer.closeDrawing();
    this.forget();
  }

  forget() {
    this.answer = null;
    this.outline([]);
    document.getElementById("csv").disabled = true;
    for (const id of ["region-plot", "region-fit", "statistics"]) document.getElementById(id).replaceChildren();
    this.hint();
  }

  async load(input) {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    try {
      const mask = await niivue.NVImage.loadFromFile({ file, name: file.name });
      const panes = this.panes();
      this._requireSameGrid(mask, panes[0].viewer.volumes[0], file.name);
      this.copyTo(this._alongPatient(mask), panes);
      await this.measure(panes[0]);
    } catch (error) {
      say(error.message);
    }
  }

  _requireSameGrid(mask, base, name) {
    const [found, expected] = [mask, base].map((image) => image.hdr.dims.slice(1, 4).join(" × "));
    if (found !== expected) throw new Error(`${name}: ${found} voxels; expected ${expected}, the grid of the maps. Resample it to that grid.`);
    const away = Math.max(...mask.hdr.affine.flat().map((v, i) => Math.abs(v - base.hdr.affine.flat()[i])));
    if (away > 0.1) throw new Error(`${name}: it lies elsewhere than the maps, or its axes run another way. Resample it to their grid.`);
  }

  _alongPatient(mask) {
    const { img2RASstep: step, img2RASstart: start, dimsRAS: dims } = mask;
    const bitmap = new Uint8Array(mask.img.length);
    let at = 0;
    for (let z = 0; z < dims[3]; z++)
      for (let y = 0; y < dims[2]; y++)
        for (let x = 0; x < dims[1]; x++, at++)
          bitmap[at] = mask.img[start[0] + x * step[0] + start[1] + y * step[1] + start[2] + z * step[2]] > 0 ? 1 : 0;
    return bitmap;
  }

  show(answer) {
    this.answer = answer;
    say("");
    document.getElementById("csv").disabled = false;
    const mean = answer.kind === "concentration" && answer.counted < answer.voxels ? `; mean curve of ${answer.counted} of them` : "";
    document.getElementById("region-text").textContent =
      `${answer.voxels} ${answer.voxels === 1 ? "voxel" : "voxels"}, ${digits(answer.volume_ml)} mL${mean}. ${answer.why || ""}`;
    const lines = answer.fits.flatMap(({ model, curve }, i) => (curve ? [{ name: `${model} fitted to the mean`, values: curve, style: STYLES[i % STYLES.length] }] : []));
    showCurve("region-plot", answer, this.page, lines, null);
    document.getElementById("region-fit").replaceChildren(...this._fitTable(answer));
    document.getElementById("statistics").replaceChildren(...this._statisticTables(answer));
  }

  _fitTable({ fits }) {
    if (!fits.length) return [];
    const maps = allMaps(this.page);
    const names = [...new Set(fits.flatMap((fit) => Object.keys(fit.parameters)))];
    const head = make("tr", {}, make("th"), ...fits.map((fit) => make("th", {}, fit.model)));
    const rows = names.map((name) => {
      const title = maps[name] ? quantityHead(maps[name]) : make("th", {}, name);
      return make("tr", {}, title, ...fits.map((fit) => make("td", { "data-fit": name }, fit.parameters[name] ? plusMinus(fit.parameters[name]) : "")));
    });
    rows.push(make("tr", {}, make("th", {}, "status"), ...fits.map((fit) => make("td", {}, fit.reason))));
    return [make("table", {}, make("caption", {}, "Fit of the mean curve"), head, ...rows)];
  }

  _statisticTables({ statistics }) {
    return statistics.map((maps, e) => {
      const { name, maps: known } = this.page.estimates[e];
      const head = make("tr", {}, ...["", "n", "mean", "SD", "10 %", "median", "90 %"].map((t) => make("th", {}, t)));
      const rows = Object.entries(maps).filter(([quantity]) => known[quantity]).map(([quantity, s]) => {
        const cells = ["n", "mean", "sd", "p10", "median", "p90"].map((key) => make("td", {}, key === "n" ? String(s.n) : digits(s[key])));
        return make("tr", {}, quantityHead(known[quantity]), ...cells);
      });
      return make("table", {}, make("caption", {}, `Voxels by ${name}`), head, ...rows);
    });
  }

  save() {
    const text = regionCsv(this.answer, this.page);
    const link = make("a", { href: URL.createObjectURL(new Blob([text], { type: "text/csv" })), download: "region.csv" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
}

// Voxels of a region with a neighbour in their slice outside it.
function edgeOf(mask, [nx, ny]) {
  const edge = [];
  for (let at = mask.indexOf(1); at >= 0; at = mask.indexOf(1, at + 1)) {
    const [x, y] = [at % nx, Math.floor(at / nx) % ny];
    const outside = x === 0 || x === nx - 1 || y === 0 || y === ny - 1;
    if (outside || !(mask[at - 1] && mask[at + 1] && mask[at - nx] && mask[at + nx])) edge.push(at);
  }
  return edge;
}
