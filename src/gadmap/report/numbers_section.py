"""Shares, distributions and tables."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from gadmap.data import Exam, ParameterMaps, Reason
from gadmap.data.scratch import let_go
from gadmap.report.anatomy import Anatomy, determined, slices_that_matter
from gadmap.report.maps_section import parameter_names, parameter_scale
from gadmap.report.mosaic import class_mosaic
from gadmap.report.picture import Picture
from gadmap.report.plots import histogram
from gadmap.report.scales import Scales
from gadmap.report.words import number, plain, quantity_of, symbol_markup, unit_text

REASON_COLOURS: dict[int, tuple[int, int, int]] = {
    Reason.NO_SIGNAL: (212, 21, 48),
    Reason.NO_ENHANCEMENT: (158, 104, 146),
    Reason.NOT_FINITE: (221, 46, 255),
    Reason.NO_T10: (218, 129, 0),
    Reason.AT_BOUND: (128, 178, 128),
    Reason.NEGATIVE_SIGNAL: (196, 166, 255),
    Reason.UNRESOLVED: (252, 174, 211),
    Reason.NOT_DETERMINED: (104, 240, 115),
    Reason.SIGNAL_TOO_HIGH: (239, 235, 57),
    Reason.NOT_CONVERGED: (214, 255, 203),
}
"""From dark to bright in even steps, so that they are told apart without seeing colours."""

_MOST_SLICES = 12


@dataclass(frozen=True, kw_only=True)
class ReasonRow:
    """Voxels with one reason code; `colour` is empty for those drawn in gray."""

    code: int
    sentence: str
    count: int
    percent: float
    share: str
    colour: str


@dataclass(frozen=True, kw_only=True)
class QuantityRow:
    """A quantity's distribution, ready to print."""

    name: str
    symbol: Markup
    unit: str
    description: str
    code: str
    median: str
    quartiles: str
    range: str
    standard_error: str
    histogram: Picture


def reason_rows(maps: ParameterMaps) -> list[ReasonRow]:
    """Every reason that occurs inside the mask, most frequent first."""
    codes, counts = np.unique(maps.reason[maps.reason != Reason.OUTSIDE_MASK], return_counts=True)
    total = max(1, int(counts.sum()))
    rows = []
    for code, count in sorted(zip(codes, counts, strict=True), key=lambda pair: -pair[1]):
        reason = Reason(int(code))
        colour = REASON_COLOURS.get(reason)
        rows.append(
            ReasonRow(
                code=int(reason),
                sentence=reason.sentence,
                count=int(count),
                percent=100 * int(count) / total,
                share=_share(100 * int(count) / total),
                colour="#{:02x}{:02x}{:02x}".format(*colour) if colour else "",
            )
        )
    return rows


def reason_legend(rows: list[ReasonRow]) -> list[ReasonRow]:
    """Those of the rows that have a colour, from the darkest to the brightest."""
    order = [int(reason) for reason in REASON_COLOURS]
    return sorted((row for row in rows if row.colour), key=lambda row: order.index(row.code))


def _motion_words(exam: Exam) -> str:
    if exam.motion is None:
        return "not corrected"
    return f"corrected, rigid, in {np.count_nonzero(exam.motion.corrected)} frames"


def _share(percent: float) -> str:
    return f"{percent:.1f} %" if percent >= 0.1 else "< 0.1 %"


def reason_picture(anatomy: Anatomy, maps: ParameterMaps) -> Picture | None:
    """Where voxels have no estimate, or must be read with care; None where there are none."""
    flagged = np.isin(maps.reason, list(REASON_COLOURS))
    if not flagged.any():
        return None
    return class_mosaic(
        anatomy,
        slices_that_matter(maps, _MOST_SLICES),
        maps.reason,
        REASON_COLOURS,
        "Reason codes over the anatomy; the table above says how many voxels have which.",
    )


def quantity_rows(maps: ParameterMaps, scales: Scales) -> list[QuantityRow]:
    """Distribution of each parameter, and of r2, where the data determine it."""
    names = [name for name in (*parameter_names(maps), "r2") if name in maps.values]
    drawn = {name: determined(maps, name) for name in names}
    return [_quantity_row(maps, name, drawn[name], scales) for name in names if drawn[name].any()]


def _quantity_row(maps: ParameterMaps, name: str, drawn: np.ndarray, scales: Scales) -> QuantityRow:
    quantity = quantity_of(name)
    values = maps[name][drawn]
    values = values[np.isfinite(values)]
    p5, p25, p50, p75, p95 = np.percentile(values, (5, 25, 50, 75, 95))
    error = maps.standard_error.get(name)
    median_error = float(np.nanmedian(error[drawn])) if error is not None else float("nan")
    scale = None if name == "r2" else parameter_scale(maps, name, scales)
    low, high = (scale.low, scale.high) if scale else (0.0, 1.0)
    let_go(*maps.values.values(), *maps.standard_error.values())
    return QuantityRow(
        name=name,
        symbol=symbol_markup(quantity),
        unit=unit_text(quantity),
        description=quantity.description,
        code=quantity.code or "–",
        median=number(p50),
        quartiles=f"{number(p25)} to {number(p75)}",
        range=f"{number(p5)} to {number(p95)}",
        standard_error=number(median_error),
        histogram=histogram(values, high, name, unit_text(quantity), low),
    )


def acquisition_facts(anatomy: Anatomy, exam: Exam) -> list[tuple[str, str]]:
    """How the series was acquired, in words and numbers."""
    series, acquisition = exam.series, exam.series.acquisition
    steps = np.diff(series.t)
    size = np.linalg.norm(series.affine[:3, :3], axis=0)
    even = np.ptp(steps) < 0.01 * steps.mean()
    step = f"{steps.mean():.3f} s" if even else f"{steps.min():.3g} to {steps.max():.3g} s"
    facts = [
        ("series", series.description or "–"),
        ("voxels", " × ".join(str(n) for n in series.grid)),
        ("voxel size", " × ".join(f"{mm:.3g}" for mm in size) + " mm"),
        ("plane", anatomy.view.plane),
        ("frames", f"{series.t.size}, every {step}, {(series.t[-1] - series.t[0]) / 60:.1f} min"),
        ("frame times from", series.time_source),
        ("repetition time", f"{acquisition.tr * 1e3:.3g} ms"),
        ("flip angle", f"{np.degrees(acquisition.flip_angle):.3g}°"),
    ]
    if acquisition.te is not None:
        facts.append(("echo time", f"{acquisition.te * 1e3:.3g} ms"))
    if acquisition.field_strength is not None:
        facts.append(("field strength", f"{acquisition.field_strength:.3g} T"))
    return facts


def preparation_facts(exam: Exam) -> list[tuple[str, str]]:
    """Where everything that an estimate needs came from."""
    return [
        ("native T1", exam.t10_source),
        ("flip-angle map (B1)", f"{exam.b1_source}, {_b1_words(exam)}"),
        ("arterial input", exam.aif.source),
        *([("reference region", exam.reference.source)] if exam.reference else []),
        ("mask", f"{exam.mask_source}, {int(exam.mask.sum()):,} voxels"),
        ("frames before contrast", str(exam.baseline_frames)),
        ("relaxivity", f"{exam.relaxivity:g} 1/s per mmol/L"),
        ("haematocrit", f"{exam.hct:g}"),
        ("motion", _motion_words(exam)),
    ]


def _b1_words(exam: Exam) -> str:
    return f"error {exam.b1_error:.0%}" if exam.b1_error else "taken as exact"


def record_tables(record: Mapping[str, object]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every mapping in the record as a table of its own, what stands alone in the first."""
    alone = [(key, plain(value)) for key, value in record.items() if not isinstance(value, Mapping)]
    tables = [("run", alone)] if alone else []
    for key, value in record.items():
        if isinstance(value, Mapping) and value:
            tables.append((key, [(str(name), plain(inner)) for name, inner in value.items()]))
    return tables
