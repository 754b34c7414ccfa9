"""`gadmap map`: files in, maps and a report out."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

from gadmap.data import DceSeries, Exam, FlipAngleSeries, ParameterMaps
from gadmap.data.scratch import in_memory
from gadmap.estimators import needs_concentration, works_by_slab
from gadmap.evaluation.cautions import findings
from gadmap.io import (
    BidsOrigin,
    listed,
    read_flip_angles,
    read_series,
    read_series_and_flip_angles,
    results_folder,
    write_maps,
)
from gadmap.io.room import Room
from gadmap.pipeline.inputs import PathLike
from gadmap.pipeline.map_settings import MapSettings
from gadmap.pipeline.memory import giving_back, memory_bytes, room_within
from gadmap.pipeline.provenance import file_digests, signal_digest
from gadmap.pipeline.stages import Stages, Watch, unwatched
from gadmap.pipeline.steps import estimate, prepare
from gadmap.report import estimator_remarks, write_report

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
    settings: MapSettings | None = None,
    *,
    keep_exam: bool = True,
    origin: BidsOrigin | None = None,
    mem: int | str | None = None,
    overwrite: bool = False,
    watch: Watch = unwatched,
) -> MapResult:
    """Read an examination, map it, and write maps and report into `out`, all of it or nothing.

    Parameters
    ----------
    source
        As in `read`.
    settings
        By default an exact fit of the Tofts model to what is measured.
    keep_exam
        Keep the examination beside its maps, so that they can be looked at and reported on again.
    origin
        Of which examination of a BIDS dataset it is, to name the maps after it.
    mem
        The most memory that the process is to take, "1G" or bytes: series and maps then lie in
        scratch files beside `out`. The results are the same.
    overwrite
        Replace results that gadmap wrote there before.

    Raises
    ------
    ValueError, OSError
        If the input cannot be used or the output not be written; the message says why.
    """
    memory = None if mem is None else memory_bytes(mem)
    stages, out = Stages(watch if memory is None else giving_back(watch)), Path(out)
    settings = settings or MapSettings()
    chosen = settings.chosen_estimator()
    if memory is not None and (settings.motion or not works_by_slab(chosen)):
        raise ValueError(
            "memory is limited for descriptors and least-squares without motion correction only: "
            "networks and registration hold more of a series at once"
        )
    needy = needs_concentration(chosen)
    options = settings.record(chosen)
    with results_folder(out, overwrite) as folder:
        room = in_memory if memory is None else room_within(memory, folder)
        with stages.stage("reading"):
            dynamic, flips, found = read_examination(
                source,
                settings.vfa,
                settings.t10 is not None or not needy,
                settings.series,
                settings.frame_step,
                room,
            )
        with stages.split(PREPARATION) as progress:
            exam = prepare(
                dynamic,
                vfa=flips,
                t10=settings.t10,
                b1=settings.b1,
                aif=settings.aif_for(chosen),
                aif_error=settings.aif_error,
                b1_error=settings.b1_error,
                mask=settings.mask,
                hct=settings.hct,
                relaxivity=settings.relaxivity,
                motion=settings.motion,
                reference=settings.reference,
                progress=progress,
            )
        with stages.stage("fit" if needy else "network") as progress:
            maps = estimate(exam, chosen, progress=progress)
        with stages.stage("checks"):
            checks = findings(exam, maps)
        with stages.stage("checksums"):
            sources = {"files": file_digests(settings), "signal_sha256": signal_digest(dynamic)}
        record = run_record(options) | sources
        with stages.stage("writing"):
            written = write_maps(
                folder,
                maps,
                exam,
                record | {"cautions": checks.cautions, "seconds": dict(stages.seconds)},
                keep_exam=keep_exam,
                origin=origin,
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
    room: Room = in_memory,
) -> tuple[DceSeries, FlipAngleSeries | None, tuple[str, ...]]:
    """The dynamic series, the flip-angle volumes, and a remark if these were found beside it."""
    if vfa or t1_is_settled:
        dynamic = read_series(source, series=series, frame_step=frame_step, room=room)
        return dynamic, read_flip_angles(vfa, dynamic) if vfa else None, ()
    dynamic, flips = read_series_and_flip_angles(
        source, series=series, frame_step=frame_step, room=room
    )
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


def _clock(series: DceSeries) -> str:
    return f"{series.t.size} frames over {np.ptp(series.t):.1f} s, times from {series.time_source}"


def _skipped(series: DceSeries) -> tuple[str, ...]:
    """The names of skipped files: on the console only, where they cannot go astray."""
    return (f"not read: {listed(series.skipped)}",) if series.skipped else ()


def _shown(stages: Stages) -> dict[str, str]:
    return {name: f"{seconds:.2f} s" for name, seconds in stages.seconds.items()}
