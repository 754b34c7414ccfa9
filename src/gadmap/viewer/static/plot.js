"use strict";
// Curves over time as SVG: dots for what was measured, a line of its own dash for each curve.

const STYLES = [
  { colour: "#ffb454", dash: "" },
  { colour: "#7cc4ff", dash: "7 4" },
  { colour: "#8ee07f", dash: "2 3" },
  { colour: "#f29ac6", dash: "9 3 2 3" },
];
const ARTERY = { colour: "#98a2b0", dash: "4 2 1 2" };
const SIZE = { width: 400, height: 225, left: 46, right: 44, top: 18, bottom: 32 };

function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// Round steps that cover a range with about so many.
function ticks(low, high, count) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((f) => f * power).find((s) => s >= rough);
  const result = [];
  for (let v = Math.ceil(low / step) * step; v <= high + 1e-9 * step; v += step) result.push(Number(v.toPrecision(12)));
  return result;
}

function axis(low, high, from, to) {
  return (v) => from + ((v - low) / (high - low || 1)) * (to - from);
}

function path(t, values, x, y) {
  return t.map((time, i) => `${i ? "L" : "M"}${x(time).toFixed(1)} ${y(values[i]).toFixed(1)}`).join("");
}

// { t, measured, spread, unit, lines: [{ name, values, style }], artery, now }
function plotCurves(holder, { t, measured, spread, unit, lines, artery, now }) {
  const { width, height, left, right, top, bottom } = SIZE;
  const reach = spread ? [-1, 1].map((sign) => measured.map((v, i) => v + sign * spread[i])) : [measured];
  const shown = [...reach, ...lines.map((l) => l.values)].flat();
  const low = unit === "a.u." ? Math.min(...shown) : Math.min(0, ...reach[0]);
  const high = Math.max(...shown) * 1.06 || 1;
  const x = axis(t[0], t[t.length - 1], left, width - right);
  const y = axis(low, high, height - bottom, top);
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `Curve over time, ${unit}` });
  grid(picture, ticks(low, high, 5), y, unit);
  times(picture, ticks(t[0], t[t.length - 1], 5), x);
  if (artery) drawArtery(picture, artery, x, t, low / high);
  if (spread) picture.append(band(t, measured, spread, x, y));
  for (const { values, style } of lines) picture.append(line(path(t, values, x, y), style));
  t.forEach((time, i) => picture.append(svg("circle", { cx: x(time), cy: y(measured[i]), r: 2.2, fill: "#e6e9ee", class: "sample" })));
  if (now !== null) picture.append(svg("path", { d: `M${x(now)} ${top}V${height - bottom}`, stroke: "#ffd24d", "stroke-width": 1, class: "now" }));
  holder.replaceChildren(picture, legend(lines, artery, spread));
}

function line(d, { colour, dash }) {
  return svg("path", { d, fill: "none", stroke: colour, "stroke-width": 2, "stroke-dasharray": dash, class: "fitted" });
}

function band(t, middle, spread, x, y) {
  const upper = middle.map((v, i) => v + spread[i]);
  const lower = middle.map((v, i) => v - spread[i]);
  const back = path([...t].reverse(), lower.reverse(), x, y).replace("M", "L");
  return svg("path", { d: path(t, upper, x, y) + back + "Z", fill: "#e6e9ee", opacity: 0.13 });
}

function grid(picture, values, y, unit) {
  const { width, left, right, top } = SIZE;
  for (const v of values) {
    picture.append(svg("path", { d: `M${left} ${y(v)}H${width - right}`, stroke: "#323843" }));
    picture.append(svg("text", { x: left - 5, y: y(v) + 4, "text-anchor": "end" }, digits(v)));
  }
  picture.append(svg("text", { x: 4, y: top - 7 }, unit === "a.u." ? "signal [a.u.]" : `tissue [${unit}]`));
}

function times(picture, values, x) {
  const { width, height, bottom } = SIZE;
  for (const v of values) picture.append(svg("text", { x: x(v), y: height - bottom + 15, "text-anchor": "middle" }, digits(v, 4)));
  picture.append(svg("text", { x: width / 2, y: height - 3, "text-anchor": "middle" }, "time [s]"));
}

function drawArtery(picture, { t, plasma }, x, frames, below) {
  const { width, height, right, top, bottom } = SIZE;
  const inside = t.map((time) => time >= frames[0] && time <= frames[frames.length - 1]);
  const [times, values] = [t, plasma].map((all) => all.filter((_, i) => inside[i]));
  const high = Math.max(...values) * 1.06;
  const y = axis(Math.min(0, below) * high, high, height - bottom, top); // both axes have 0 at one height
  picture.append(svg("path", { d: path(times, values, x, y), fill: "none", stroke: ARTERY.colour, "stroke-width": 1.3, "stroke-dasharray": ARTERY.dash, class: "artery" }));
  for (const v of ticks(0, high, 4)) picture.append(svg("text", { x: width - right + 5, y: y(v) + 4 }, digits(v)));
  picture.append(svg("text", { x: width - 2, y: top - 7, "text-anchor": "end" }, "plasma [mmol/L]"));
}

function legend(lines, artery, spread) {
  const dot = svg("svg", { width: 10, height: 10 }, svg("circle", { cx: 5, cy: 5, r: 3, fill: "#e6e9ee" }));
  const entries = [make("span", {}, dot, spread ? "measured, mean ± SD" : "measured")];
  const all = [...lines, ...(artery ? [{ name: "arterial plasma, right axis", style: ARTERY }] : [])];
  for (const { name, style } of all) {
    const sample = svg("svg", { width: 30, height: 8 }, line("M0 4H30", style));
    entries.push(make("span", {}, sample, name));
  }
  return make("div", { class: "legend" }, ...entries);
}

// A bar for each frame of a network, on the plot's time axis; its share of the weights.
function weightBars({ t, weight }, frames) {
  const { width, left, right } = SIZE;
  const x = axis(frames[0], frames[frames.length - 1], left, width - right);
  const high = Math.max(...weight);
  const picture = svg("svg", { viewBox: `0 0 ${width} 58`, role: "img", "aria-label": "Weight of each frame" });
  const wide = Math.max(1.5, (0.7 * (width - left - right)) / t.length);
  t.forEach((time, i) => {
    if (time < frames[0] || time > frames[frames.length - 1]) return;
    const tall = (40 * weight[i]) / high;
    picture.append(svg("rect", { x: x(time) - wide / 2, y: 54 - tall, width: wide, height: tall, fill: "#7cc4ff" }));
  });
  picture.append(svg("text", { x: left - 5, y: 20, "text-anchor": "end" }, `${digits(100 * high, 2)} %`));
  picture.append(svg("path", { d: `M${left} 54.5H${width - right}`, stroke: "#56606e" }));
  return picture;
}
