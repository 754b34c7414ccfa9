"""`gadmap report`: the page about results made anew, with another estimate beside, or explained."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gadmap.data import DceSeries, ParameterMaps
from gadmap.evaluation.cautions import findings
from gadmap.io import EXAM_FOLDER, read_exam, read_maps, read_maps_record
from gadmap.io.grid import require_same_grid
from gadmap.io.manifest import renew_manifest
from gadmap.pipeline.inputs import PathLike
from gadmap.pipeline.stages import Stages, Watch, unwatched
from gadmap.report import Additions, Scales, read_explained, write_report

_RECORD = ("created", "options", "versions", "seconds")


@dataclass(frozen=True, kw_only=True)
class ReportResult:
    """What a run of `report` made.

    Attributes
    ----------
    file
        The page.
    cautions
        What a reader should know, a sentence each.
    """

    file: Path
    cautions: tuple[str, ...]


def report(
    results: PathLike,
    *,
    beside: PathLike | None = None,
    explanation: PathLike | None = None,
    scales: Mapping[str, float] | None = None,
    out: PathLike | None = None,
    watch: Watch = unwatched,
) -> ReportResult:
    """Write the page about the results of `map_exam` anew.

    Parameters
    ----------
    results
        Folder of `map_exam` with the examination kept in it.
    beside
        Results of another estimator on the same examination, to compare.
    explanation
        Folder of `explain` on the same examination, whose figures the page is to hold.
    scales
        Quantity name to the upper end of its colour scale, in its unit; others keep the one of
        every report.
    out
        HTML file to write; by default `report.html` of the results, which is gadmap's own.

    Raises
    ------
    ValueError, OSError
        If a folder cannot be used or the page not be written; the message says why.
    """
    stages, results = Stages(watch), Path(results)
    file = _page_file(results, out)
    with stages.stage("reading"):
        maps, record = read_maps(results), read_maps_record(results)
        exam = read_exam(results / EXAM_FOLDER)
        require_same_grid(f"maps of {results}", maps.valid.shape, maps.affine, exam.series)
        additions = Additions(
            beside=None if beside is None else _beside(Path(beside), exam.series),
            explained=None if explanation is None else read_explained(explanation, exam),
            scales=Scales(asked=scales or {}),
        )
    with stages.stage("checks"):
        found = findings(exam, maps)
    with stages.stage("report"):
        kept = {key: record[key] for key in _RECORD if key in record}
        write_report(file, exam, maps, kept, found, additions)
        if out is None:
            renew_manifest(results, file.name)
    return ReportResult(file=file, cautions=found.cautions)


def _page_file(results: Path, out: PathLike | None) -> Path:
    if out is None:
        return results / "report.html"
    file = Path(out)
    if file.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"{file}: expected the name of an HTML file, page.html")
    if file.exists():
        raise FileExistsError(f"{file}: is there already; choose another name")
    return file


def _beside(folder: Path, series: DceSeries) -> ParameterMaps:
    maps = read_maps(folder)
    require_same_grid(f"maps of {folder}", maps.valid.shape, maps.affine, series)
    return maps
