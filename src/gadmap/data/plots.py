"""Containers as figures and as notebooks show them."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from gadmap.data.aif import Aif
from gadmap.data.exam import Exam
from gadmap.data.maps import CurveFit, ParameterMaps, Reason
from gadmap.data.region_fit import RegionFit
from gadmap.data.series import DceSeries
from gadmap.drawing import (
    Panel,
    ProfilePanel,
    curve_figure,
    html_table,
    montage,
    slices_by_weight,
    thumbnail,
)
from gadmap.drawing import exam_figure as drawn_exam
from gadmap.drawing import region_figure as drawn_region
from gadmap.drawing.curves import MEASURED
from gadmap.drawing.montage import scale_end
from gadmap.quantities import MERITS, QUANTITIES

_MOST_SLICES = 6
_AT_BOUND = 0.99999


def maps_figure(
    maps: ParameterMaps,
    names: str | Sequence[str] | None,
    slices: Sequence[int] | None,
    exam: Exam | None,
) -> Figure:
    """Montage of maps; see `ParameterMaps.plot`."""
    if isinstance(names, str):
        names = [names]
    shown = list(names) if names is not None else _parameters(maps.values)
    panels = [Panel(name=name, label=_label(name), values=_drawn(maps, name)) for name in shown]
    if not panels:
        raise ValueError("no map to plot; expected at least one name")
    if exam is not None and exam.series.grid != maps.valid.shape:
        raise ValueError(
            f"maps of {maps.valid.shape} voxels over an exam of {exam.series.grid}; expected the "
            "examination that they were estimated from"
        )
    chosen = list(slices) if slices is not None else _slices(maps)
    depth = maps.valid.shape[2]
    outside = [k for k in chosen if not 0 <= k < depth]
    if outside or not chosen:
        raise ValueError(f"slices {outside}; expected some of 0 to {depth - 1}")
    return montage(panels, chosen, maps.affine, None if exam is None else brightness(exam.series))


def exam_figure(exam: Exam) -> Figure:
    """An examination at a glance; see `Exam.plot`."""
    series, baseline = exam.series, exam.baseline_frames
    inside = exam.mask & np.isfinite(series.signal).all(axis=-1)
    course = series.signal[inside].mean(axis=0, dtype=np.float64)
    t10 = exam.t10[exam.mask & np.isfinite(exam.t10)]
    return drawn_exam(
        anatomy=brightness(series),
        affine=series.affine,
        mask=exam.mask,
        voxels=exam.aif.voxels,
        t=series.t,
        enhancement=course / course[:baseline].mean(),
        arrival=float(series.t[baseline - 1] + series.t[baseline]) / 2,
        plasma=None if exam.aif.stand_in else (exam.aif.t, exam.aif.plasma),
        t10=t10.astype(np.float64),
        words=(exam.aif.source, exam.t10_source),
    )


def fit_figure(fit: CurveFit, voxel: int | tuple[int, ...]) -> Figure:
    """A fitted curve; see `CurveFit.plot`."""
    index = voxel if isinstance(voxel, tuple) else (voxel,)
    curve = fit.curve(voxel)
    words = [_value(fit, name, index) for name in fit.values]
    reason = Reason(int(fit.reason[index]))
    if reason != Reason.ESTIMATED:
        words.append(reason.sentence)
    return curve_figure(curve.t, curve.measured, curve.fitted, f"{fit.model}, curve {voxel}", words)


def brightness(series: DceSeries) -> Float[np.ndarray, "x y z"]:
    """The first frame as a gray picture, 0 to 1."""
    first = np.nan_to_num(series.signal[..., 0], nan=0.0, posinf=0.0, neginf=0.0)
    top = float(np.percentile(first[first > 0], 99)) if (first > 0).any() else 1.0
    return np.clip(first / top, 0, 1)


def maps_html(maps: ParameterMaps) -> str:
    """A table of medians, and the leading map's foremost slice."""
    rows = [
        (name, QUANTITIES[name].unit or "fraction", *_distribution(maps, name))
        for name in maps.values
        if name in QUANTITIES
    ]
    lead = next(iter(_parameters(maps.values)), next(iter(maps.values)))
    k = slices_by_weight(_drawn(maps, lead), maps.valid, 1)[0]
    picture = thumbnail(
        _drawn(maps, lead)[..., k],
        maps.affine,
        scale_end(lead, maps[lead]),
        "viridis",
        f"{lead}, slice {k}",
    )
    title = (
        f"ParameterMaps: {maps.method}, {int(maps.valid.sum()):,} of "
        f"{maps.valid.size:,} voxels estimated"
    )
    return html_table(
        title, ("quantity", "unit", "median", "quartiles", "median standard error"), rows, picture
    )


def exam_html(exam: Exam) -> str:
    """Where everything came from, and a slice of the anatomy."""
    k = exam.series.grid[2] // 2
    gray = brightness(exam.series)[..., k]
    picture = thumbnail(gray, exam.series.affine, 1.0, "gray", f"anatomy, slice {k}")
    rows = [
        *_series_rows(exam.series),
        ("T1", exam.t10_source),
        ("B1", exam.b1_source),
        ("arterial input", exam.aif.source),
        ("mask", f"{exam.mask_source}, {int(exam.mask.sum()):,} voxels"),
        ("frames before contrast", str(exam.baseline_frames)),
        *(("assumed", sentence) for sentence in exam.assumptions),
    ]
    return html_table("Exam", (), rows, picture)


def series_html(series: DceSeries) -> str:
    """How the series was acquired."""
    return html_table("DceSeries", (), _series_rows(series))


def aif_html(aif: Aif) -> str:
    """Source and peak of the arterial input."""
    peak = int(np.argmax(aif.plasma))
    rows = [
        ("source", aif.source),
        ("peak", f"{aif.plasma[peak]:.3g} mmol/L at {aif.t[peak]:.1f} s"),
        ("samples", f"{aif.t.size}, {aif.t[0]:.1f} to {aif.t[-1]:.1f} s"),
        ("voxels", str(len(aif.voxels))),
    ]
    return html_table("Aif", (), rows)


def fit_html(fit: CurveFit) -> str:
    """Medians of what was fitted."""
    rows = [
        (name, QUANTITIES[name].unit or "fraction", *_quartiles(values[fit.valid]))
        for name, values in fit.values.items()
    ]
    title = f"CurveFit: {fit.model}, {int(fit.valid.sum()):,} of {fit.valid.size:,} curves fitted"
    return html_table(title, ("quantity", "unit", "median", "quartiles"), rows)


def region_figure(fit: RegionFit, ink: str = MEASURED) -> Figure:
    """Curve, fit and profiles; see `RegionFit.plot`. `ink` is the colour of letters and axes."""
    likelihood = fit.likelihood
    return drawn_region(
        t=fit.t,
        measured=fit.curve,
        spread=fit.spread,
        fitted=likelihood.fitted,
        panels=[_profile_panel(fit, name) for name in likelihood.names],
        quantiles=likelihood.quantiles,
        title=f"{fit.name}: {fit.model}, {fit.counted:,} voxels",
        ink=ink,
    )


def _profile_panel(fit: RegionFit, name: str) -> ProfilePanel:
    profile = fit.likelihood.profiles[name]
    widest = profile.intervals[max(profile.intervals)]
    return ProfilePanel(
        label=_label(name),
        held=profile.held,
        rise=profile.rise,
        value=fit[name],
        error=fit.standard_error(name),
        ends=(
            np.nan if widest.low_open else widest.low,
            np.nan if widest.high_open else widest.high,
        ),
    )


def region_html(fit: RegionFit) -> str:
    """Values with their intervals."""
    levels = list(fit.likelihood.quantiles)
    rows = [
        (
            name,
            QUANTITIES[name].unit or "fraction",
            f"{fit[name]:.4g}",
            f"{fit.standard_error(name):.2g}",
            *(str(fit.interval(name, level)) for level in levels),
        )
        for name in fit.likelihood.names
    ]
    title = f"RegionFit: {fit.name}, {fit.model}, mean of {fit.counted:,} voxels, R² {fit.r2:.4f}"
    header = ("quantity", "unit", "value", "SE", *(f"{100 * level:g} %" for level in levels))
    return html_table(title, header, rows)


def _parameters(values: Mapping[str, np.ndarray]) -> list[str]:
    return [name for name in values if name not in MERITS]


def _label(name: str) -> str:
    return QUANTITIES[name].label if name in QUANTITIES else name


def _drawn(maps: ParameterMaps, name: str) -> np.ndarray:
    """The map where its voxel enhances and the data determine it.

    Elsewhere a fit's noise would hide what is there: at an upper bound, and where the standard
    error is more than half of the colours' range.
    """
    drawn = maps.valid & (maps.reason != Reason.NO_ENHANCEMENT)
    if name in QUANTITIES:
        drawn = drawn & ~(maps[name] >= _AT_BOUND * QUANTITIES[name].bounds[1])
    if name in maps.standard_error:
        drawn = drawn & (maps.standard_error[name] <= scale_end(name, maps[name]) / 2)
    return np.where(drawn, maps[name], np.nan)


def _slices(maps: ParameterMaps) -> list[int]:
    lead = next(iter(_parameters(maps.values)), next(iter(maps.values)))
    return slices_by_weight(_drawn(maps, lead), maps.valid, _MOST_SLICES, also=maps.valid)


def _series_rows(series: DceSeries) -> list[tuple[str, str]]:
    acquisition = series.acquisition
    size = np.linalg.norm(series.affine[:3, :3], axis=0)
    return [
        ("series", series.description or "–"),
        ("voxels", " × ".join(map(str, series.grid))),
        ("voxel size", " × ".join(f"{mm:.3g}" for mm in size) + " mm"),
        ("frames", f"{series.t.size}, {series.t[0]:.1f} to {series.t[-1]:.1f} s"),
        ("frame times from", series.time_source),
        ("TR", f"{acquisition.tr * 1e3:.3g} ms"),
        ("flip angle", f"{np.degrees(acquisition.flip_angle):.3g}°"),
    ]


def _distribution(maps: ParameterMaps, name: str) -> tuple[str, str, str]:
    drawn = _drawn(maps, name)
    middle, quartiles = _quartiles(drawn[np.isfinite(drawn)])
    error = maps.standard_error.get(name)
    known = np.array([]) if error is None else error[np.isfinite(drawn) & np.isfinite(error)]
    return middle, quartiles, f"{np.median(known):.2g}" if known.size else "–"


def _quartiles(values: np.ndarray) -> tuple[str, str]:
    if not values.size:
        return "–", "–"
    low, middle, high = np.percentile(values, (25, 50, 75))
    return f"{middle:.3g}", f"{low:.3g} to {high:.3g}"


def _value(fit: CurveFit, name: str, index: tuple[int, ...]) -> str:
    error = fit.standard_error.get(name)
    known = error is not None and np.isfinite(error[index])
    spread = f" ± {error[index]:.2g}" if error is not None and known else ""
    unit = QUANTITIES[name].unit if name in QUANTITIES else ""
    return f"{name} {fit.values[name][index]:.3g}{spread} {unit}".rstrip()
