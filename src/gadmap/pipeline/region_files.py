"""Fits of regions as JSON, as a table, and as figures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gadmap.data import Exam, Interval, RegionFit
from gadmap.io.strict_json import write_json
from gadmap.quantities import QUANTITIES

_MISSING = "n/a"
_DPI = 150


def write_region_record(
    folder: Path, exam: Exam, fits: Sequence[RegionFit], record: Mapping[str, Any]
) -> Path:
    """All numbers, as region.json; an open end of an interval is null."""
    file = folder / "region.json"
    sources = {
        "t10": exam.t10_source,
        "aif": exam.aif.source,
        "relaxivity_per_s_per_mmol_per_l": exam.relaxivity,
    }
    regions = [_region(fit) for fit in fits]
    shared = {"sources": sources, "assumptions": exam.assumptions}
    write_json(file, {"regions": regions, **shared, **record})
    return file


def write_region_table(folder: Path, fits: Sequence[RegionFit]) -> Path:
    """A row for each region and quantity, as region.tsv; an open end of an interval is n/a."""
    file = folder / "region.tsv"
    rows = [row for fit in fits for row in _rows(fit)]
    lines = ["\t".join(rows[0]), *("\t".join(map(_cell, row.values())) for row in rows)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def write_region_figures(folder: Path, fits: Sequence[RegionFit]) -> list[Path]:
    """Curve and profiles of each region, as region_1.png and so on, in the order of the fits."""
    files = []
    for number, fit in enumerate(fits, start=1):
        file = folder / f"region_{number}.png"
        fit.plot().savefig(file, dpi=_DPI, metadata={"Software": None})
        files.append(file)
    return files


def _region(fit: RegionFit) -> dict[str, Any]:
    likelihood = fit.likelihood
    return {
        "name": fit.name,
        "model": fit.model,
        "voxels": fit.voxels,
        "voxels_in_mean": fit.counted,
        "reason": likelihood.reason.sentence,
        "r2": fit.r2,
        "residual_sd_mmol_per_l": likelihood.variance**0.5,
        "degrees_of_freedom": likelihood.freedom,
        "quantities": {name: _quantity(fit, name) for name in likelihood.names},
        "covariance": {
            "order": likelihood.names,
            "matrix": likelihood.covariance,
            "correlation": likelihood.correlation,
        },
        "curve": {
            "t_s": fit.t,
            "mean_mmol_per_l": fit.curve,
            "sd_over_voxels_mmol_per_l": fit.spread,
            "fitted_mmol_per_l": likelihood.fitted,
        },
    }


def _quantity(fit: RegionFit, name: str) -> dict[str, Any]:
    profile = fit.likelihood.profiles[name]
    return {
        "unit": QUANTITIES[name].unit,
        "value": fit[name],
        "standard_error": fit.standard_error(name),
        "intervals": [
            {"level": level, "low": low, "high": high}
            for level, interval in profile.intervals.items()
            for low, high in [_ends(interval)]
        ],
        "profile": {"held": profile.held, "rise": profile.rise},
    }


def _rows(fit: RegionFit) -> list[dict[str, Any]]:
    return [
        {
            "region": fit.name,
            "voxels": fit.voxels,
            "voxels_in_mean": fit.counted,
            "model": fit.model,
            "quantity": name,
            "unit": QUANTITIES[name].unit or "1",
            "value": fit[name],
            "standard_error": fit.standard_error(name),
        }
        | {
            f"{end}_{100 * level:g}": value
            for level in fit.likelihood.quantiles
            for end, value in zip(("low", "high"), _ends(fit.interval(name, level)), strict=True)
        }
        for name in fit.likelihood.names
    ]


def _ends(interval: Interval) -> tuple[float | None, float | None]:
    return (
        None if interval.low_open else interval.low,
        None if interval.high_open else interval.high,
    )


def _cell(value: object) -> str:
    if value is None or value != value:
        return _MISSING
    return f"{value:.8g}" if isinstance(value, float) else str(value).replace("\t", " ")
