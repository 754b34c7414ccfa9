"""Tables of rows: for the terminal, as CSV and as records."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite, isinf
from typing import Any

from rich.table import Table

from gadmap.evaluation.published import LABELS
from gadmap.evaluation.rows import METRICS, Row
from gadmap.evaluation.scores import Key, Scores, rows_of
from gadmap.evaluation.significance import Difference, interval, seed_sd
from gadmap.quantities import QUANTITIES

NOTE = (
    "SSIM: windows of 11 x 11, Gaussian, inside the image; PSNR: mean over images, peak 1; RMSE: "
    "over all voxels; maps over the checkpoint's scale, clipped to 0..1. ± is the standard "
    "deviation over trainings, the range the 95 % interval over patients."
)
_SHOWN = ("ssim", "psnr", "rmse")
_DIGITS = {"ssim": 3, "psnr": 2, "rmse": 4, "rmse_unit": 5, "bias_unit": 5}


def figures(scores: Sequence[Scores]) -> list[dict[str, Any]]:
    """One flat record for each estimator, view, reference, quantity and metric."""
    keys = sorted({key for one in scores for key in one.found})
    return [
        _figure(row, key, name) for key in keys for row in rows_of(scores, key) for name in METRICS
    ]


def _figure(row: Row, key: Key, name: str) -> dict[str, Any]:
    metric = METRICS[name]
    found = interval(row, metric)
    return {
        "estimator": row.name,
        "view": key.view,
        "reference": key.reference,
        "quantity": key.quantity,
        "metric": name,
        "unit": QUANTITIES[key.quantity].unit if metric.in_unit else "",
        "value": found.value,
        "seed_sd": seed_sd(row, metric),
        "low": found.low,
        "high": found.high,
        "seeds": row.seeds,
        "patients": len(row.patients),
    }


def differences_records(found: Iterable[tuple[Key, Difference]]) -> list[dict[str, Any]]:
    """One flat record for each comparison."""
    return [
        {
            "view": key.view,
            "reference": key.reference,
            "quantity": key.quantity,
            **vars(one),
            "verdict": one.verdict,
        }
        for key, one in found
    ]


def difference_lines(found: Iterable[tuple[Key, Difference]]) -> list[str]:
    """One sentence for each comparison."""
    return [
        f"{LABELS.get(one.first, one.first)} less {LABELS.get(one.second, one.second)}, "
        f"{METRICS[one.metric].label} of {key.quantity} to the {key.reference}: "
        f"{printed(one.metric, one.value)} ({printed(one.metric, one.low)} to "
        f"{printed(one.metric, one.high)}); stands: {one.verdict}"
        for key, one in found
    ]


def csv_text(records: Sequence[Mapping[str, Any]]) -> str:
    """Records of the same keys as CSV; what is not known is empty."""
    if not records:
        return ""
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(records[0]), lineterminator="\n")
    writer.writeheader()
    for record in records:
        writer.writerow({name: _cell(value) for name, value in record.items()})
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, float):
        return f"{value:.6g}" if isfinite(value) or isinf(value) else ""
    return value


def printed(name: str, value: float) -> str:
    """A metric with its usual number of digits."""
    if value != value:
        return "–"
    return "∞" if isinf(value) else f"{value:.{_DIGITS[name]}f}"


def text_tables(scores: Sequence[Scores]) -> list[Table]:
    """One table for each view and quantity: likeness to the fit, then error to the truth."""
    keys = sorted({(key.view, key.quantity) for one in scores for key in one.found})
    return [_text_table(scores, view, quantity) for view, quantity in keys]


def _text_table(scores: Sequence[Scores], view: str, quantity: str) -> Table:
    to_fit = _by_name(scores, Key(view=view, reference="fit", quantity=quantity))
    to_truth = _by_name(scores, Key(view=view, reference="truth", quantity=quantity))
    unit = QUANTITIES[quantity].unit
    table = Table(title=f"{quantity}, {view}", title_justify="left", box=None, pad_edge=False)
    table.add_column("")
    for name in _SHOWN:
        table.add_column(f"{METRICS[name].label} to the fit", justify="right")
    for name in ("rmse", "bias_unit") if to_truth else ():
        shown = f" [{unit}]" if METRICS[name].in_unit and unit else ""
        table.add_column(f"{METRICS[name].label} to the truth{shown}", justify="right")
    for estimator in dict.fromkeys((*to_fit, *to_truth)):
        cells = [text_cell(to_fit.get(estimator), name) for name in _SHOWN]
        if to_truth:
            cells += [text_cell(to_truth.get(estimator), n) for n in ("rmse", "bias_unit")]
        table.add_row(LABELS.get(estimator, estimator), *cells)
    return table


def text_cell(row: Row | None, name: str) -> str:
    """Value ± deviation over seeds (interval over patients)."""
    if row is None:
        return "–"
    found, spread = interval(row, METRICS[name]), seed_sd(row, METRICS[name])
    text = printed(name, found.value)
    if isfinite(spread):
        text += f" ± {printed(name, spread)}"
    if isfinite(found.low):
        text += f" ({printed(name, found.low)} to {printed(name, found.high)})"
    return text


def _by_name(scores: Sequence[Scores], key: Key) -> dict[str, Row]:
    return {row.name: row for row in rows_of(scores, key)}
