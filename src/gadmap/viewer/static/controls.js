"use strict";
// The controls: filled once, kept in step with the view, and what each of them changes.

function fillControls({ page, source, view }) {
  document.title = `gadmap · ${page.title || page.estimates[0].name}`;
  control("title").textContent = [page.title, page.grid.join(" × ") + " voxels", page.t ? `${page.t.length} frames` : ""].filter(Boolean).join(" · ");
  const option = (value, text) => make("option", { value }, text);
  const maps = Object.entries(allMaps(page));
  const names = maps.flatMap(([name, map]) => (page.estimates.some((e) => e.maps[name]?.error) ? [[name, name], [`${name}_se`, `${name}, standard error`]] : [[name, name]]));
  control("map").replaceChildren(...names.map(([value, text]) => option(value, text)));
  if (!names.some(([value]) => value === view.map)) view.map = names[0][0];
  control("estimate").replaceChildren(...page.estimates.map((e, i) => option(i, e.name)));
  control("beside").replaceChildren(option(-1, "nothing"), ...page.estimates.map((e, i) => option(i, e.name)));
  show("beside-label", page.estimates.length > 1);
  control("frame").max = page.t ? page.t.length - 1 : 0;
  show("frame-label", source.hasFrames && page.t !== null);
  control("slice").max = page.grid[2] - 1;
  const remarks = [...page.notes, ...page.estimates.flatMap((e) => e.remarks.map((r) => `${e.name}: ${r}`))];
  control("notes").replaceChildren(make("ul", {}, ...remarks.map((text) => make("li", {}, text))));
  show("notes-button", remarks.length > 0);
  show("region-tab", source.takesRegions || Boolean(source.fixedRegion));
  show("region-tools", source.takesRegions);
}

function mapOf(page, name) {
  return allMaps(page)[name.replace(/_se$/, "")];
}

function showControls({ page, view, colours, source }) {
  for (const id of ["map", "estimate", "beside", "layout", "frame", "zoom", "opacity", "brightness"]) control(id).value = view[id];
  control("slice").value = view.voxel[2];
  control("slice-text").textContent = `${view.voxel[2] + 1} of ${page.grid[2]}`;
  if (page.t) control("frame-text").textContent = `${view.frame + 1} of ${page.t.length}, ${page.t[view.frame].toFixed(0)} s`;
  control("low").value = Number(view.low.toPrecision(4));
  control("high").value = Number(view.high.toPrecision(4));
  control("threshold").min = view.low;
  control("threshold").max = view.high;
  control("threshold").value = view.threshold;
  control("threshold-text").textContent = `≥ ${digits(view.threshold)}`;
  control("unit").textContent = mapOf(page, view.map).unit_text;
  drawScale(control("colours"), page.colours[view.map.endsWith("_se") ? "inferno" : "viridis"]);
}

function listen(viewer) {
  const { view, page } = viewer;
  const on = (id, event, change) => control(id).addEventListener(event, async () => {
    try {
      await change(control(id).value);
      showControls(viewer);
      rememberView(viewer);
    } catch (error) {
      say(error.message);
    }
  });
  on("map", "change", (name) => chooseMap(viewer, name));
  on("estimate", "change", (i) => { view.estimate = Number(i); return viewer.drawMaps(); });
  on("beside", "change", (i) => { view.beside = Number(i); return viewer.drawAll(); });
  on("layout", "change", (name) => { view.layout = name; viewer.panes.forEach((p) => p.layout(name)); });
  on("zoom", "input", (v) => { view.zoom = Number(v); viewer.panes.forEach((p) => p.zoom(view.zoom)); });
  on("frame", "input", (n) => chooseFrame(viewer, Number(n)));
  on("slice", "input", (z) => viewer.go([view.voxel[0], view.voxel[1], Number(z)]));
  on("brightness", "input", (v) => { view.brightness = Number(v); return viewer.drawFrame(); });
  on("opacity", "input", (v) => { view.opacity = Number(v); viewer.panes.forEach((p) => p.opacity(view.opacity)); });
  on("threshold", "input", (v) => { view.threshold = Number(v); return viewer.drawMaps(); });
  on("low", "change", (v) => chooseScale(viewer, Number(v), view.high));
  on("high", "change", (v) => chooseScale(viewer, view.low, Number(v)));
  listenToTabs();
  listenToKeys(viewer);
  for (const name of ["notes", "keys"]) control(`${name}-button`).addEventListener("click", () => toggleSheet(name));
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") for (const name of ["notes", "keys"]) if (!control(name).hidden) toggleSheet(name);
  }, true);
  control("link").addEventListener("click", () => copyLink(viewer));
  window.addEventListener("hashchange", () => restoreView(viewer));
  document.addEventListener("pointerup", () => rememberView(viewer));
}

function chooseMap(viewer, name) {
  const { view, page } = viewer;
  const { low, high } = mapOf(page, name);
  const error = name.endsWith("_se");
  Object.assign(view, { map: name, low: error ? 0 : low, high: error ? high / 5 : high, threshold: error ? 0 : firstThreshold(low, high) });
  return viewer.drawMaps();
}

// So high that the image under the lowest values can be seen.
function firstThreshold(low, high) {
  return low + 0.1 * (high - low);
}

function chooseScale(viewer, low, high) {
  if (!(high > low)) throw new Error(`a colour scale from ${low} to ${high}; expected a lower end below the upper`);
  say("");
  const { view } = viewer;
  view.threshold = view.threshold <= view.low ? low : Math.min(Math.max(view.threshold, low), high);
  Object.assign(view, { low, high });
  return viewer.drawMaps();
}

function chooseFrame(viewer, n) {
  viewer.view.frame = n;
  viewer.tellCurve();
  return viewer.drawFrame();
}

function listenToTabs() {
  for (const name of ["voxel", "region"]) control(`${name}-tab`).addEventListener("click", () => {
    for (const other of ["voxel", "region"]) {
      show(other, other === name);
      control(`${other}-tab`).setAttribute("aria-selected", other === name);
    }
  });
}

const STEPS = { ArrowLeft: [-1, 0, 0], ArrowRight: [1, 0, 0], ArrowUp: [0, 1, 0], ArrowDown: [0, -1, 0], PageUp: [0, 0, 1], PageDown: [0, 0, -1] };

// Before NiiVue, which has keys of its own; not while a control has the keyboard.
function listenToKeys(viewer) {
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, select, button, label") || event.ctrlKey || event.altKey || event.metaKey) return;
    const step = STEPS[event.key];
    const frames = { ",": -1, ".": 1 }[event.key];
    if (step) viewer.go(viewer.panes[0].stepped(viewer.view.voxel, ...step));
    else if (frames && viewer.page.t && viewer.source.hasFrames) {
      chooseFrame(viewer, Math.min(Math.max(viewer.view.frame + frames, 0), viewer.page.t.length - 1));
      showControls(viewer);
    } else if (event.target.tagName !== "CANVAS" || event.key === "Tab") return;
    event.stopPropagation();
    if (step || frames) event.preventDefault();
    rememberView(viewer);
  }, true);
}

function toggleSheet(name) {
  const open = control(name).hidden;
  show(name, open);
  control(`${name}-button`).setAttribute("aria-expanded", open);
}

function rememberView(viewer) {
  clearTimeout(viewer.remembering);
  viewer.remembering = setTimeout(() => {
    viewer.remembered = viewText(viewer.view);
    if (location.hash !== viewer.remembered) location.replace(viewer.remembered);
  }, 150);
}

// An address that was pasted or gone back to.
async function restoreView(viewer) {
  if (location.hash === viewer.remembered) return;
  Object.assign(viewer.view, viewFrom(location.hash, viewer.view, viewer.page));
  await viewer.drawAll();
}

async function copyLink(viewer) {
  const address = location.href.replace(/#.*$/, "") + viewText(viewer.view);
  try {
    await navigator.clipboard.writeText(address);
    control("link").textContent = "Copied";
  } catch {
    window.prompt("The address of this view", address); // a browser that keeps the clipboard shut
  }
  setTimeout(() => { control("link").textContent = "Copy link to this view"; }, 1500);
}
