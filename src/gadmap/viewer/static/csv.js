"use strict";
// A measured region as a table.

// One table, a row each statistic, fitted parameter and sample of the mean curve.
function regionCsv({ voxels, volume_ml: volume, unit, curve, spread, fits, statistics }, page) {
  const rows = [["what", "by", "quantity", "statistic", "time_s", "value", "unit"]];
  rows.push(["region", "", "voxels", "", "", voxels, ""], ["region", "", "volume", "", "", volume, "mL"]);
  statistics.forEach((maps, e) => {
    const { name, maps: known } = page.estimates[e];
    for (const [quantity, values] of Object.entries(maps))
      for (const [statistic, value] of Object.entries(values)) rows.push(["map", name, quantity, statistic, "", value ?? "", statistic === "n" ? "" : (known[quantity]?.unit ?? "")]);
  });
  const units = allMaps(page);
  for (const { model, parameters } of fits)
    for (const [quantity, { value, error }] of Object.entries(parameters)) {
      rows.push(["fit of the mean", model, quantity, "value", "", value ?? "", units[quantity]?.unit ?? ""]);
      if (error !== null) rows.push(["fit of the mean", model, quantity, "standard error", "", error, units[quantity]?.unit ?? ""]);
    }
  (curve || []).forEach((value, i) => {
    rows.push(["curve", "measured", "", "mean", page.t[i], value, unit]);
    if (spread) rows.push(["curve", "measured", "", "sd", page.t[i], spread[i], unit]);
    for (const { model, curve: fitted } of fits) if (fitted) rows.push(["curve", model, "", "fitted", page.t[i], fitted[i], unit]);
  });
  const cell = (v) => (/[",\n]/.test(String(v)) ? `"${String(v).replaceAll('"', '""')}"` : String(v));
  return rows.map((row) => row.map(cell).join(",")).join("\n") + "\n";
}
