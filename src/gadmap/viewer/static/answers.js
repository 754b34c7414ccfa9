"use strict";
// What the side panel says of a voxel or a region: curves, parameters, reasons, frame weights.

function quantityHead(map) {
  const head = make("th", { title: map.description, scope: "row" }, symbol(map.symbol));
  if (map.unit) head.append(` [${map.unit}]`);
  return head;
}

// All maps of all estimates, by name, in the order of the first that has it.
function allMaps(page) {
  return Object.assign({}, ...[...page.estimates].reverse().map((e) => e.maps));
}

function showVoxel(answer, page, now) {
  const [x, y, z] = answer.voxel;
  const mm = [0, 1, 2].map((i) => page.affine[i][0] * x + page.affine[i][1] * y + page.affine[i][2] * z + page.affine[i][3]);
  document.getElementById("place").textContent = `Voxel ${x}, ${y}, ${z} · ${mm.map((v) => v.toFixed(0)).join(", ")} mm RAS`;
  document.getElementById("place").title = "Indices along x, y, z from 0; millimetres to the patient's right, front and head";
  document.getElementById("voxel-note").replaceChildren(answer.why || "");
  showCurve("voxel-plot", answer, page, voxelLines(answer, page), now);
  document.getElementById("parameters").replaceChildren(...parameterTable(answer, page), ...notes(answer, page));
}

function voxelLines(answer, page) {
  return answer.estimates.flatMap((estimate, e) =>
    estimate.curve ? [{ name: page.estimates[e].name, values: estimate.curve, style: STYLES[e % STYLES.length] }] : [],
  );
}

function showCurve(id, answer, page, lines, now) {
  const holder = document.getElementById(id);
  if (!answer.curve) return holder.replaceChildren();
  const concentration = answer.kind === "concentration";
  plotCurves(holder, {
    t: page.t,
    measured: answer.curve,
    spread: answer.spread,
    unit: answer.unit,
    lines: concentration ? lines : [],
    artery: concentration ? page.aif : null,
    now,
  });
}

function parameterTable(answer, page) {
  const maps = allMaps(page);
  const head = make("tr", {}, make("th"), ...page.estimates.map((e) => make("th", { scope: "col" }, e.name)));
  const rows = Object.entries(maps).map(([name, map]) => {
    const cells = answer.estimates.map((estimate, e) => {
      const found = estimate.parameters[name];
      return make("td", { "data-quantity": name, "data-estimate": e }, found ? plusMinus(found) : "");
    });
    return make("tr", {}, quantityHead(map), ...cells);
  });
  const reasons = answer.estimates.map((estimate) => {
    const plain = estimate.estimated && !estimate.careful;
    return make("td", { class: plain ? "reason" : "reason care" }, estimate.reason);
  });
  rows.push(make("tr", {}, make("th", { scope: "row" }, "status"), ...reasons));
  return [make("table", { id: "parameter-table" }, head, ...rows)];
}

function notes(answer, page) {
  const said = answer.estimates.map((estimate, e) => (estimate.note ? `${page.estimates[e].name}: ${estimate.note}` : ""));
  return said.filter(Boolean).map((text) => make("p", { class: "note" }, text));
}

function showWeights(found, page) {
  const pictures = found.flatMap((weights, e) => {
    const { name } = page.estimates[e];
    if (weights.why) return [make("p", { class: "note" }, `${name}: ${weights.why}`)];
    if (!weights.weight) return [];
    const title = make("p", { class: "note" }, `How much ${name} weighs each frame, in this slice`);
    return [title, make("div", { class: "plot", "data-weights": e }, weightBars(weights, page.t))];
  });
  document.getElementById("weights").replaceChildren(...pictures);
}
