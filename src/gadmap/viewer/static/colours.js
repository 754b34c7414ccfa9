"use strict";
// From a map's values to colours. 0 is transparent: no estimate there, or below the threshold.

const LAYER = "gadmap-";

function addColourMaps(viewer, colours) {
  for (const [name, rows] of Object.entries(colours)) {
    const column = (i) => rows.map((row) => row[i]);
    const alpha = rows.map((_, i) => (i === 0 ? 0 : 255));
    const places = rows.map((_, i) => i);
    viewer.addColormap(LAYER + name, { R: column(0), G: column(1), B: column(2), A: alpha, I: places });
  }
}

// Colour 1 to 255 of each value on the scale low to high, 0 where nothing is to be seen.
function coloured(values, low, high, threshold) {
  const result = new Uint8Array(values.length);
  const factor = 254 / (high - low);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!(value >= threshold)) continue; // NaN neither
    const place = 1 + Math.round((value - low) * factor);
    result[i] = place < 1 ? 1 : place > 255 ? 255 : place;
  }
  return result;
}

function drawScale(element, rows) {
  const stops = rows.filter((_, i) => i % 15 === 0).map((row) => `rgb(${row.join(" ")})`);
  element.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
}
