"""`gadmap region`: the mean curves of regions, fitted, with covariance and profiles."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from gadmap.data import Exam, RegionFit
from gadmap.estimators import LeastSquares
from gadmap.evaluation.region import fit_region
from gadmap.io import EXAM_FOLDER, read_exam, read_maps_record, read_volume, results_folder
from gadmap.io.maps_read import MAPS
from gadmap.io.regions import is_labelled, labelled, mask_name
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.physics.water_exchange import NONE
from gadmap.pipeline.inputs import PathLike
from gadmap.pipeline.map_exam import PREPARATION, read_examination, run_record
from gadmap.pipeline.map_settings import MapSettings, shown_name
from gadmap.pipeline.region_files import (
    write_region_figures,
    write_region_record,
    write_region_table,
)
from gadmap.pipeline.stages import Stages, Watch, unwatched
from gadmap.pipeline.steps import prepare
from gadmap.quantities import DELAY, DISPERSION
from gadmap.report.region_page import write_region_page

_OF_THE_FIT = ("model", "fit_delay", "fit_dispersion")


@dataclass(frozen=True, eq=False, kw_only=True)
class RegionResult:
    """What a run of `fit_regions` made.

    Attributes
    ----------
    fits
        One a region.
    files
        Everything written; nothing where no folder was asked for.
    remarks
        What was found or assumed, for the console.
    seconds
        Wall-clock time of each stage [s].
    """

    fits: tuple[RegionFit, ...]
    files: list[Path]
    remarks: tuple[str, ...]
    seconds: Mapping[str, float]


def fit_regions(
    source: PathLike,
    region: PathLike,
    out: PathLike | None = None,
    settings: MapSettings | None = None,
    *,
    overwrite: bool = False,
    watch: Watch = unwatched,
) -> RegionResult:
    """Fit the mean curve of a region, or of every region of a label image.

    Parameters
    ----------
    source
        An examination, as in `read`; or a results folder of `map_exam` with the examination kept
        in it, which is taken as it was prepared.
    region
        NIfTI on the grid of the series: a mask, non-zero inside, or whole numbers, one a region,
        named by a TSV file beside it with columns index and name.
    out
        Folder for region.json, region.tsv, region.html and a figure a region; None for none.
    settings
        As for `map_exam`; of a results folder, model, delay and dispersion only, which are
        otherwise its own.
    overwrite
        Replace results that gadmap wrote there before.

    Raises
    ------
    ValueError, OSError
        If the input cannot be used, a region not be fitted or the output not be written.
    """
    stages, settings = Stages(watch), settings or MapSettings()
    if not isinstance(settings.chosen_estimator(), LeastSquares):
        raise ValueError("a region's mean curve is fitted by least-squares; expected no network")
    if out is None:
        fits, exam, found, _ = _fitted(source, region, settings, stages)
        return _result(fits, [], exam, found, stages)
    out = Path(out)
    with results_folder(out, overwrite) as folder:
        fits, exam, found, options = _fitted(source, region, settings, stages)
        record = run_record(options) | {"seconds": dict(stages.seconds)}
        with stages.stage("writing"):
            files = [
                write_region_record(folder, exam, fits, record),
                write_region_table(folder, fits),
                *write_region_figures(folder, fits),
                write_region_page(folder / "region.html", exam, fits, record),
            ]
    return _result(fits, [out / file.name for file in files], exam, found, stages)


def _result(
    fits: tuple[RegionFit, ...],
    files: list[Path],
    exam: Exam,
    found: tuple[str, ...],
    stages: Stages,
) -> RegionResult:
    return RegionResult(
        fits=fits, files=files, remarks=(*found, *exam.assumptions), seconds=stages.seconds
    )


def _fitted(
    source: PathLike, region: PathLike, settings: MapSettings, stages: Stages
) -> tuple[tuple[RegionFit, ...], Exam, tuple[str, ...], Mapping[str, object]]:
    """Fits, the examination, remarks on how it was read, and the options for the record."""
    if (Path(source) / MAPS).is_file():
        settings = _of_results(Path(source), settings)
        with stages.stage("reading"):
            exam, found = read_exam(Path(source) / EXAM_FOLDER), ()
        options = {name: getattr(settings, name) for name in _OF_THE_FIT}
    else:
        exam, found = _prepared(source, settings, stages)
        options = settings.record(settings.chosen_estimator())
    regions = _regions(Path(region), exam)
    fits = []
    with stages.stage("fit") as progress:
        for name, mask in regions.items():
            fits.append(
                fit_region(
                    exam,
                    mask,
                    settings.model,
                    name=name,
                    fit_delay=settings.fit_delay,
                    fit_dispersion=settings.fit_dispersion,
                )
            )
            if progress:
                progress(len(fits), len(regions))
    return tuple(fits), exam, found, options | {"region": shown_name(region)}


def _of_results(folder: Path, settings: MapSettings) -> MapSettings:
    """Model, delay and dispersion of a fit of results: those asked for, else the results' own.

    Raises
    ------
    ValueError
        If another setting is given, as the examination of results is prepared already; or the
        results are without water exchange.
    """
    given = [
        field.name
        for field in fields(MapSettings)
        if getattr(settings, field.name) != field.default
    ]
    others = [name.replace("_", "-") for name in given if name not in _OF_THE_FIT]
    if others:
        raise ValueError(
            f"{folder.name}: its examination is prepared already, so --{', --'.join(others)} has "
            "nothing to set; expected --model, --fit-delay and --fit-dispersion alone, or the "
            "series itself"
        )
    record = read_maps_record(folder)
    if record["settings"].get("water_exchange") == NONE:
        raise ValueError(
            f"{folder.name}: its maps are without water exchange, and a region's mean curve is a "
            "concentration of fast exchange; expected results of that, or the series itself"
        )
    if given:
        return settings
    if record["model"] not in KINETIC_MODELS:  # a network's
        return settings
    return MapSettings(
        model=record["model"],
        fit_delay=DELAY.name in record["maps"],
        fit_dispersion=DISPERSION.name in record["maps"],
    )


def _prepared(
    source: PathLike, settings: MapSettings, stages: Stages
) -> tuple[Exam, tuple[str, ...]]:
    with stages.stage("reading"):
        dynamic, flips, found = read_examination(
            source, settings.vfa, settings.t10 is not None, settings.series, settings.frame_step
        )
    with stages.split(PREPARATION) as progress:
        exam = prepare(
            dynamic,
            vfa=flips,
            t10=settings.t10,
            b1=settings.b1,
            aif=settings.aif or "auto",
            mask=settings.mask,
            hct=settings.hct,
            relaxivity=settings.relaxivity,
            motion=settings.motion,
            progress=progress,
        )
    return exam, found


def _regions(file: Path, exam: Exam) -> dict[str, np.ndarray]:
    volume = read_volume(file, exam.series, "region")
    if is_labelled(volume):
        return labelled(volume, file)
    return {mask_name(file): np.isfinite(volume) & (volume != 0)}
