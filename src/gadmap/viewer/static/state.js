"use strict";
// The view as the part of the address after #, so that a link restores it.

const VIEW_KEYS = { voxel: "v", frame: "f", map: "m", estimate: "e", beside: "b", opacity: "o", low: "l", high: "h", threshold: "t", layout: "p", zoom: "z", brightness: "i" };

function viewText(view) {
  const parameters = new URLSearchParams();
  for (const [name, key] of Object.entries(VIEW_KEYS)) {
    const value = view[name];
    parameters.set(key, Array.isArray(value) ? value.join("-") : typeof value === "number" ? Number(value.toPrecision(6)) : value);
  }
  return `#${parameters}`;
}

// The view of an address over that `view`; what the page does not have keeps its value there.
function viewFrom(text, view, page) {
  const parameters = new URLSearchParams(text.replace(/^#/, ""));
  const result = { ...view };
  for (const [name, key] of Object.entries(VIEW_KEYS)) {
    if (!parameters.has(key)) continue;
    const given = parameters.get(key);
    if (Array.isArray(view[name])) result[name] = given.split("-").map(Number);
    else result[name] = typeof view[name] === "number" ? Number(given) : given;
  }
  return possible(result, view, page);
}

function possible(asked, known, page) {
  const inside = asked.voxel.length === 3 && asked.voxel.every((v, i) => Number.isInteger(v) && v >= 0 && v < page.grid[i]);
  const whole = (v, from, to) => Number.isInteger(v) && v >= from && v < to;
  const numbers = ["opacity", "low", "high", "threshold", "zoom", "brightness"].every((n) => Number.isFinite(asked[n]));
  const estimates = whole(asked.estimate, 0, page.estimates.length) && whole(asked.beside, -1, page.estimates.length);
  const frame = whole(asked.frame, 0, page.t ? page.t.length : 1);
  const layout = ["slice", "planes"].includes(asked.layout);
  return inside && numbers && estimates && frame && layout && asked.high > asked.low ? asked : known;
}
