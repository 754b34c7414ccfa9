"use strict";
// From a map's values to colours: 1 to 254 on the scale. 0 is transparent: no estimate there, or
// below the threshold. 255 is the edge of a region.

const LAYER = "gadmap-";
const EDGE = 255;

function addColourMaps(viewer, colours) {
  for (const [name, rows] of Object.entries(colours)) {
    const column = (i) => rows.map((row, place) => (place === EDGE ? 255 : row[i]));
    const alpha = rows.map((_, i) => (i === 0 ? 0 : 255));
    const places = rows.map((_, i) => i);
    viewer.addColormap(LAYER + name, { R: column(0), G: column(1), B: column(2), A: alpha, I: places });
  }
}

// Colour of each value on the scale low to high, and of the voxels of an edge.
function coloured(values, low, high, threshold, edge) {
  const result = new Uint8Array(values.length);
  const factor = 253 / (high - low);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!(value >= threshold)) continue; // NaN neither
    const place = 1 + Math.round((value - low) * factor);
    result[i] = place < 1 ? 1 : place > 254 ? 254 : place;
  }
  for (const at of edge) result[at] = EDGE;
  return result;
}

function drawScale(element, rows) {
  const stops = rows.filter((_, i) => i % 15 === 0).map((row) => `rgb(${row.join(" ")})`);
  element.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
}
