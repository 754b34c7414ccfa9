"""`gadmap map`: files in, maps and a report out."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

from gadmap.data import DceSeries, Exam, FlipAngleSeries, ParameterMaps
from gadmap.estimators import (
    Estimator,
    LeastSquares,
    named_estimator,
    needs_concentration,
    require_no_concentration,
)
from gadmap.evaluation.cautions import findings
from gadmap.io import (
    listed,
    read_flip_angles,
    read_series,
    read_series_and_flip_angles,
    results_folder,
    write_maps,
)
from gadmap.pipeline.inputs import PathLike
from gadmap.pipeline.stages import Stages, Watch, unwatched
from gadmap.pipeline.steps import estimate, prepare
from gadmap.report import estimator_remarks, write_report

LEAST_SQUARES = "least-squares"

PREPARATION = {
    "onset": "mask and onset",
    "motion": "motion",
    "t1": "T1",
    "aif": "arterial input",
}
_LIBRARIES = ("torch", "scipy", "pydicom", "matplotlib")


@dataclass(frozen=True, eq=False, kw_only=True)
class MapResult:
    """What a run of `map_exam` made.

    Attributes
    ----------
    exam, maps
        What was estimated from, and the result.
    files
        Everything written.
    remarks
        What was found or assumed, for the console.
    cautions
        What a reader of the maps should know, in plain words.
    seconds
        Wall-clock time of each stage [s].
    """

    exam: Exam
    maps: ParameterMaps
    files: list[Path]
    remarks: tuple[str, ...]
    cautions: tuple[str, ...]
    seconds: Mapping[str, float]


def map_exam(
    source: PathLike,
    out: PathLike,
    *,
    vfa: Sequence[PathLike] = (),
    t10: float | PathLike | None = None,
    b1: PathLike | None = None,
    aif: PathLike = "auto",
    hct: float | None = None,
    relaxivity: float | None = None,
    model: str = "tofts",
    fit_delay: bool = False,
    estimator: PathLike | Estimator = LEAST_SQUARES,
    mask: PathLike = "auto",
    motion: bool = False,
    series: str | None = None,
    frame_step: float | None = None,
    keep_exam: bool = True,
    overwrite: bool = False,
    watch: Watch = unwatched,
) -> MapResult:
    """Read an examination, map it, and write maps and report into `out`, all of it or nothing.

    Parameters are those of `read` and `prepare`. Without `vfa` and `t10`, flip-angle volumes that
    lie beside the dynamic series are used. The estimator is "least-squares", which fits `model`, if
    `fit_delay` with an arterial delay in every voxel; a network's name or .safetensors file; or an
    `Estimator`. For one that needs no concentration, as networks do, T1 and arterial input are not
    looked for unless they are given. If `keep_exam`, the examination is kept beside its maps, so
    that they can be looked at and reported on again.

    Raises
    ------
    ValueError, OSError
        If the input cannot be used or the output not be written; the message says why.
    """
    stages, out = Stages(watch), Path(out)
    if vfa and t10 is not None:
        raise ValueError("both vfa and t10 are given; expected one of them to tell T1")
    chosen = named_estimator(model if estimator == LEAST_SQUARES else estimator)
    if fit_delay:
        if not isinstance(chosen, LeastSquares):
            raise ValueError("a delay is fitted by least-squares only; expected that estimator")
        chosen = replace(chosen, fit_delay=True)
    needy = needs_concentration(chosen)
    if aif == "none":
        require_no_concentration(chosen)
    options = {
        "vfa": [shown_name(path) for path in vfa],
        "t10": shown_name(t10),
        "b1": shown_name(b1),
        "aif": shown_name(aif),
        "hct": hct,
        "relaxivity": relaxivity,
        "model": model if isinstance(chosen, LeastSquares) else None,
        "fit_delay": fit_delay,
        "estimator": shown_name(estimator)
        if isinstance(estimator, str | Path)
        else type(chosen).__name__,
        "mask": shown_name(mask),
        "motion": motion,
        "series": series,
        "frame_step": frame_step,
    }
    with results_folder(out, overwrite) as folder:
        with stages.stage("reading"):
            dynamic, flips, found = read_examination(
                source, vfa, t10 is not None or not needy, series, frame_step
            )
        with stages.split(PREPARATION) as progress:
            exam = prepare(
                dynamic,
                vfa=flips,
                t10=t10,
                b1=b1,
                aif="none" if aif == "auto" and not needy else aif,
                mask=mask,
                hct=hct,
                relaxivity=relaxivity,
                motion=motion,
                progress=progress,
            )
        with stages.stage("fit" if needy else "network") as progress:
            maps = estimate(exam, chosen, progress=progress)
        with stages.stage("checks"):
            checks = findings(exam, maps)
        record = run_record(options)
        with stages.stage("writing"):
            written = write_maps(
                folder,
                maps,
                exam,
                record | {"cautions": checks.cautions, "seconds": dict(stages.seconds)},
                keep_exam=keep_exam,
            )
            names = [file.relative_to(folder) for file in written]
        with stages.stage("report"):
            write_report(
                folder / "report.html", exam, maps, record | {"seconds": _shown(stages)}, checks
            )
    return MapResult(
        exam=exam,
        maps=maps,
        files=[out / name for name in (*names, Path("report.html"))],
        remarks=(
            *(_clock(dynamic), *found, *dynamic.notes, *_skipped(dynamic)),
            *(*exam.assumptions, *estimator_remarks(maps)),
        ),
        cautions=checks.cautions,
        seconds=stages.seconds,
    )


def read_examination(
    source: PathLike,
    vfa: Sequence[PathLike],
    t1_is_settled: bool,
    series: str | None,
    frame_step: float | None,
) -> tuple[DceSeries, FlipAngleSeries | None, tuple[str, ...]]:
    """The dynamic series, the flip-angle volumes, and a remark if these were found beside it."""
    if vfa or t1_is_settled:
        dynamic = read_series(source, series=series, frame_step=frame_step)
        return dynamic, read_flip_angles(vfa, dynamic) if vfa else None, ()
    dynamic, flips = read_series_and_flip_angles(source, series=series, frame_step=frame_step)
    if flips is None:
        return dynamic, None, ()
    count = len(flips.acquisitions)
    return dynamic, flips, (f"{count} flip-angle volumes beside the series give T1",)


def run_record(options: Mapping[str, object]) -> dict[str, object]:
    """What a reader needs to repeat the run; no name of a person or of a folder."""
    versions = {"gadmap": version("gadmap"), "python": platform.python_version()}
    return {
        "created": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "options": dict(options),
        "versions": versions | {library: version(library) for library in _LIBRARIES},
    }


def shown_name(value: float | PathLike | None) -> float | str | None:
    """A file's name without its folder, and no folder's name: these are of users and patients."""
    if not isinstance(value, str | Path):
        return value
    return "a folder" if isinstance(value, Path) and value.is_dir() else Path(value).name


def _clock(series: DceSeries) -> str:
    return f"{series.t.size} frames over {np.ptp(series.t):.1f} s, times from {series.time_source}"


def _skipped(series: DceSeries) -> tuple[str, ...]:
    """The names of skipped files: on the console only, where they cannot go astray."""
    return (f"not read: {listed(series.skipped)}",) if series.skipped else ()


def _shown(stages: Stages) -> dict[str, str]:
    return {name: f"{seconds:.2f} s" for name, seconds in stages.seconds.items()}
