"""`gadmap explain`: how a network comes to its estimate in an examination."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gadmap.data import DceSeries, Exam
from gadmap.estimators import NetworkEstimator
from gadmap.explanation import (
    Explanation,
    Pictured,
    Region,
    SeenRegion,
    deletion_test,
    explained_quantity,
    frame_gradients,
    grad_cams,
    region_attention,
    region_sampling,
    seen_region,
    threshold_region,
)
from gadmap.io import read_volume, recorded_choice, results_folder
from gadmap.networks.checkpoint import TrainedNetwork
from gadmap.networks.guided_file import GUIDED_NETWORK, is_guided
from gadmap.networks.shipped import SUFFIX, trained_network
from gadmap.pipeline.explanation_files import write_explanation_maps, write_explanation_record
from gadmap.pipeline.inputs import PathLike
from gadmap.pipeline.map_exam import PREPARATION, read_examination, run_record
from gadmap.pipeline.map_settings import shown_name
from gadmap.pipeline.stages import Stages, Watch, unwatched
from gadmap.pipeline.steps import prepare
from gadmap.quantities import QUANTITIES
from gadmap.report.explanation_page import write_explanation_page
from gadmap.report.explanation_words import console_lines

FRAME_ATTENTION, GRADIENTS = "frame weights", "integrated gradients"


@dataclass(frozen=True, eq=False, kw_only=True)
class ExplainResult:
    """What a run of `explain` made.

    Attributes
    ----------
    explanation
        What was found.
    files
        Everything written.
    remarks
        What was found or assumed, for the console.
    seconds
        Wall-clock time of each stage [s].
    """

    explanation: Explanation
    files: list[Path]
    remarks: tuple[str, ...]
    seconds: Mapping[str, float]


def explain(
    source: PathLike,
    out: PathLike,
    *,
    weights: PathLike = "fcsa-net",
    beside: PathLike | None = None,
    region: PathLike | None = None,
    voxel: tuple[int, int, int] | None = None,
    sampling: bool = False,
    vfa: Sequence[PathLike] = (),
    t10: float | PathLike | None = None,
    aif: PathLike = "auto",
    hct: float | None = None,
    mask: PathLike = "auto",
    series: str | None = None,
    frame_step: float | None = None,
    overwrite: bool = False,
    watch: Watch = unwatched,
) -> ExplainResult:
    """Explain a network's mean estimate in a region, and write figures, maps, numbers and a page.

    Parameters
    ----------
    source, out, vfa, t10, aif, hct, mask, series, frame_step, overwrite
        As in `map_exam`. The arterial curve is drawn above the frames, and needed for `sampling`;
        "none" leaves it out.
    weights
        A network's name for its shipped weights, or a .safetensors file.
    beside
        Another one, whose Grad-CAM is drawn beside.
    region
        NIfTI mask of the voxels to explain; by default the tumour as `threshold_region` finds it in
        the network's map.
    voxel
        Index (x, y, z) of a single voxel instead.
    sampling
        Whether to tell what each frame is worth to the exact fit, and what fewer would cost.

    Raises
    ------
    ValueError, OSError
        If the input cannot be used or the output not be written; the message says why.
    """
    if region is not None and voxel is not None:
        raise ValueError("both a region and a voxel are given; expected one of them")
    if sampling and str(aif) == "none":
        raise ValueError("what a frame is worth to the fit needs an arterial input; aif is 'none'")
    if vfa and t10 is not None:
        raise ValueError("both vfa and t10 are given; expected one of them to tell T1")
    stages, out = Stages(watch), Path(out)
    own = _explainable(weights)
    other = None if beside is None else _explainable(beside)
    options = {
        "weights": shown_name(weights),
        "beside": shown_name(beside),
        "region": shown_name(region),
        "voxel": voxel,
        "sampling": sampling,
        "vfa": [shown_name(path) for path in vfa],
        "t10": shown_name(t10),
        "aif": shown_name(aif),
        "hct": hct,
        "mask": shown_name(mask),
        "series": None if series is None else recorded_choice(series),
        "frame_step": frame_step,
    }
    with results_folder(out, overwrite) as folder:
        with stages.stage("reading"):
            settled = t10 is not None or str(aif) == "none"
            dynamic, flips, found = read_examination(source, vfa, settled, series, frame_step)
            given = _given_region(region, voxel, dynamic)
        with stages.split(PREPARATION) as progress:
            exam = prepare(
                dynamic,
                vfa=flips,
                t10=t10,
                aif=aif,
                hct=hct,
                mask=mask,
                progress=progress,
            )
        explanation = _explained(exam, own, other, given, sampling, stages)
        record = run_record(options) | {"seconds": dict(stages.seconds)}
        with stages.stage("writing"):
            page, figures = write_explanation_page(folder, exam, explanation, record)
            files = [
                *write_explanation_maps(folder, exam, explanation),
                write_explanation_record(folder, exam, explanation, record | {"figures": figures}),
                *page,
            ]
    return ExplainResult(
        explanation=explanation,
        files=sorted(out / file.name for file in files),
        remarks=(*found, *exam.assumptions, *console_lines(explanation)),
        seconds=stages.seconds,
    )


def _explainable(which: PathLike) -> TrainedNetwork:
    """A trained network that sees the signal."""
    if str(which) == GUIDED_NETWORK or (str(which).endswith(SUFFIX) and is_guided(which)):
        raise ValueError(
            f"{Path(which).name}: a guided network sees fits and not the signal; what is explained "
            "here are networks of the signal, as fcsa-net"
        )
    return trained_network(which)


def _given_region(
    region: PathLike | None, voxel: tuple[int, int, int] | None, series: DceSeries
) -> Region | None:
    """The region that the user gives; None to look for one.

    Raises
    ------
    ValueError
        If the mask lies on another grid or is empty, or there is no such voxel.
    """
    if region is not None:
        volume = read_volume(region, series, "region")
        mask = np.isfinite(volume) & (volume != 0)
        if not mask.any():
            raise ValueError(f"region {Path(region).name}: no voxel is above 0; is it the mask?")
        return Region(mask=mask, words=f"mask {Path(region).name}")
    if voxel is None:
        return None
    if not all(0 <= index < size for index, size in zip(voxel, series.grid, strict=True)):
        raise ValueError(f"no voxel {voxel} in a grid of {series.grid}; indices start at 0")
    mask = np.zeros(series.grid, dtype=bool)
    mask[voxel] = True
    return Region(mask=mask, words=f"voxel {voxel}")


def _explained(
    exam: Exam,
    own: TrainedNetwork,
    other: TrainedNetwork | None,
    region: Region | None,
    sampling: bool,
    stages: Stages,
) -> Explanation:
    quantity = explained_quantity(own)
    if region is None:
        with stages.stage("network") as progress:
            maps = NetworkEstimator(own, progress=progress).estimate(exam)
        region = threshold_region(maps[quantity], quantity, QUANTITIES[quantity].unit)
    seen = seen_region(own, exam, region, quantity)
    with stages.stage("Grad-CAM"):
        pictured = _pictured(seen)
        second = None if other is None else _pictured(seen_region(other, exam, region, quantity))
    with stages.stage(GRADIENTS) as progress:
        gradients = frame_gradients(seen, progress=progress)
    attention = region_attention(seen)
    importance = {GRADIENTS: np.abs(gradients.frames)}
    if attention is not None and attention.frames is not None:
        importance = {FRAME_ATTENTION: attention.frames.mean(axis=0)} | importance
    with stages.stage("deletion") as progress:
        deletion = deletion_test(seen, importance, progress=progress)
    worth = None
    if sampling:
        with stages.stage("sampling"):
            worth = region_sampling(exam, region)
    return Explanation(
        region=region,
        own=pictured,
        beside=second,
        attention=attention,
        gradients=gradients,
        deletion=deletion,
        sampling=worth,
    )


def _pictured(seen: SeenRegion) -> Pictured:
    return Pictured(seen=seen, cams=grad_cams(seen))
