"""Files of a reproduction: tables as CSV, everything as JSON, and the page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gadmap.evaluation import FIT, Key
from gadmap.evaluation.published import LABELS, NLS_MS, PUBLISHED
from gadmap.evaluation.tables import csv_text, differences_records, figures
from gadmap.pipeline.whole_json import write_whole_json
from gadmap.report.paper_differences import ablation, against_ours, against_the_fit
from gadmap.report.paper_page import render_paper
from gadmap.report.paper_results import PaperResults
from gadmap.whole_file import write_whole

PAGE = "paper.html"


def write_paper_files(out: Path, results: PaperResults) -> list[Path]:
    """Each file in place of an earlier one, whole."""
    found = figures(results.scores)
    differences = differences_records(_differences(results))
    tables = {
        "table1.csv": csv_text(_table1(results)),
        "table2.csv": csv_text(_table2(results, found)),
        "table3.csv": csv_text(_table3(results)),
        "scores.csv": csv_text(found),
        "differences.csv": csv_text(differences),
        PAGE: render_paper(results),
    }
    for name, text in tables.items():
        write_whole(out / name, text)
    write_whole_json(out / "results.json", _record(results, found, differences))
    return [out / name for name in (*tables, "results.json")]


def _table1(results: PaperResults) -> list[dict[str, Any]]:
    """Time of one 32 x 32 sample [ms]."""
    paper = {name: row.milliseconds for name, row in PUBLISHED.items()} | {FIT: NLS_MS}
    return [
        {"estimator": name, "label": LABELS.get(name, name), "ms": ms, "paper_ms": paper.get(name)}
        for name, ms in results.milliseconds.items()
    ]


def _table2(results: PaperResults, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Likeness to the fit in regions, ours and the paper's."""
    rows = []
    for one in found:
        wanted = (one["view"], one["reference"], one["quantity"])
        if wanted != ("regions", "fit", results.quantity):
            continue
        paper = getattr(PUBLISHED.get(one["estimator"]), one["metric"], (None, None))
        rows.append(
            {
                "network": one["estimator"],
                "label": LABELS.get(one["estimator"], one["estimator"]),
                "metric": one["metric"],
                **{key: one[key] for key in ("value", "seed_sd", "low", "high", "seeds")},
                "patients": one["patients"],
                "paper_value": paper[0],
                "paper_sd": paper[1],
            }
        )
    return rows


def _table3(results: PaperResults) -> list[dict[str, Any]]:
    """Time to train [min]."""
    return [
        {
            "network": name,
            "label": LABELS.get(name, name),
            "minutes": sum(minutes) / len(minutes),
            "paper_minutes": PUBLISHED[name].minutes if name in PUBLISHED else None,
            "weights": results.parameters.get(name),
        }
        for name, minutes in results.minutes.items()
    ]


def _differences(results: PaperResults):
    for reference, found in (
        ("fit", against_ours(results, "ssim")),
        ("fit", against_ours(results, "psnr")),
        ("fit", against_ours(results, "rmse")),
        ("fit", ablation(results, "ssim")),
        ("fit", ablation(results, "rmse")),
        ("truth", against_ours(results, "rmse", "truth")),
        ("truth", against_the_fit(results)),
    ):
        key = Key(view="regions", reference=reference, quantity=results.quantity)
        yield from ((key, one) for one in found)


def _record(
    results: PaperResults, found: list[dict[str, Any]], differences: list[dict[str, Any]]
) -> Mapping[str, Any]:
    return {
        "data": list(results.data),
        "budget": results.budget,
        "steps": results.steps,
        "seeds": list(results.seeds),
        "scale": {results.quantity: results.scale},
        "milliseconds": dict(results.milliseconds),
        "minutes": {name: list(minutes) for name, minutes in results.minutes.items()},
        "weights": dict(results.parameters),
        "failures": [vars(one) for one in results.failures],
        "figures": found,
        "differences": differences,
        "scores": [one.record() for one in results.scores],
        "record": dict(results.record),
    }
