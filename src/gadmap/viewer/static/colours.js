"use strict";
// From a map's values to colours: LOWEST to HIGHEST on the scale. 0 is transparent, where there is
// no estimate or less than the threshold; EDGE is the edge of a region. The graphics card blends
// neighbours in the table, so those that must stay apart have room between them.

const LAYER = "gadmap-";
const [LOWEST, HIGHEST, EDGE] = [2, 252, 255];

function addColourMaps(viewer, colours) {
  const places = Array.from({ length: 256 }, (_, i) => i);
  for (const [name, rows] of Object.entries(colours)) {
    const row = (place) => {
      const share = (place - LOWEST) / (HIGHEST - LOWEST);
      return rows[Math.round(255 * Math.min(Math.max(share, 0), 1))];
    };
    const column = (i) => places.map((place) => (place === EDGE ? 255 : row(place)[i]));
    const alpha = places.map((place) => (place === 0 ? 0 : 255));
    viewer.addColormap(LAYER + name, { R: column(0), G: column(1), B: column(2), A: alpha, I: places });
  }
}

// Colour of each value on the scale low to high, and of the voxels of an edge.
function coloured(values, low, high, threshold, edge) {
  const result = new Uint8Array(values.length);
  const factor = (HIGHEST - LOWEST) / (high - low);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!(value >= threshold)) continue; // NaN neither
    const place = LOWEST + Math.round((value - low) * factor);
    result[i] = place < LOWEST ? LOWEST : place > HIGHEST ? HIGHEST : place;
  }
  for (const at of edge) result[at] = EDGE;
  return result;
}

function drawScale(element, rows) {
  const stops = rows.filter((_, i) => i % 15 === 0).map((row) => `rgb(${row.join(" ")})`);
  element.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
}
