"""An explanation as NIfTI maps and one JSON file of all its numbers."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from gadmap.data import Exam
from gadmap.explanation import Attention, Deletion, Explanation, Pictured, Sampling, SeenRegion
from gadmap.io.nifti_write import save_nifti
from gadmap.io.strict_json import write_json
from gadmap.quantities import QUANTITIES


def write_explanation_maps(folder: Path, exam: Exam, explanation: Explanation) -> list[Path]:
    """The weights of voxels and each layer's Grad-CAM on the grid of the examination.

    NaN in slices that were not looked at.
    """
    files = []
    for name, seen, planes, words in _maps(explanation):
        volume = np.full(exam.series.grid, np.nan, dtype=np.float32)
        volume[..., list(seen.slices)] = np.moveaxis(planes, 0, -1)
        file = folder / f"{name}.nii.gz"
        save_nifti(file, volume, exam.series.affine, f"{words}, gadmap")
        files.append(file)
    return files


def write_explanation_record(
    folder: Path, exam: Exam, explanation: Explanation, record: Mapping[str, Any]
) -> Path:
    """All numbers, as explanation.json."""
    seen, sampling = explanation.seen, explanation.sampling
    file = folder / "explanation.json"
    own = {
        "network": seen.trained.network,
        "beside": explanation.beside and explanation.beside.name,
        "quantity": seen.quantity,
        "unit": QUANTITIES[seen.quantity].unit,
        "region": {
            "chosen": explanation.region.words,
            "voxels": int(explanation.region.mask.sum()),
            "slices": seen.slices,
            "explained_voxels": int(seen.region.sum()),
            "mean_estimate": explanation.gradients.end,
        },
        "grid": exam.series.grid,
        "frame_times_s": seen.trained.grid.times,
        "frame_times_since": "arrival of the contrast agent",
        "attention": explanation.attention and _attention(explanation.attention, seen),
        "grad_cam": [
            _cam(one, which, place)
            for which, one in _networks(explanation)
            for place in range(len(one.cams))
        ],
        "integrated_gradients": {
            "frames": explanation.gradients.frames,
            "without_contrast": explanation.gradients.start,
            "as_it_is": explanation.gradients.end,
            "gap": explanation.gradients.gap,
        },
        "deletion": _deletion(explanation.deletion),
        "sampling": sampling and _sampling(sampling),
        "assumptions": exam.assumptions,
        "provenance": dict(seen.trained.provenance),
    }
    write_json(file, own | dict(record))
    return file


def _maps(
    explanation: Explanation,
) -> Iterator[tuple[str, SeenRegion, Float[np.ndarray, "b h w"], str]]:
    """File stem, where it lies, planes and description of every map."""
    attention = explanation.attention
    if attention is not None and attention.space is not None:
        yield "spatial_weights", explanation.seen, attention.space, "weight of each voxel"
    for which, one in _networks(explanation):
        for cam in one.cams:
            yield _cam_name(which, cam.layer), one.seen, cam.values, f"Grad-CAM {cam.layer}"


def _networks(explanation: Explanation) -> Iterator[tuple[str, Pictured]]:
    """The network, and the other with the word for its files."""
    yield "", explanation.own
    if explanation.beside is not None:
        yield "beside", explanation.beside


def _cam_name(which: str, layer: str) -> str:
    return "_".join(part for part in ("grad_cam", which, layer.replace(".", "-")) if part)


def _cam(one: Pictured, which: str, place: int) -> dict[str, Any]:
    cam = one.cams[place]
    return {
        "network": one.name,
        "layer": cam.layer,
        "file": f"{_cam_name(which, cam.layer)}.nii.gz",
        "share_in_region": cam.in_region,
        "share_in_body": cam.in_body,
    }


def _attention(attention: Attention, seen: SeenRegion) -> dict[str, Any]:
    """Weights by slice; of voxels their means and the file."""
    record: dict[str, Any] = {}
    if attention.frames is not None:
        record["frames"] = attention.frames
    if attention.channels is not None:
        record["channels"] = attention.channels
    if attention.space is not None:
        record["space"] = {
            "file": "spatial_weights.nii.gz",
            "mean_in_region": float(attention.space[seen.region.numpy()].mean()),
            "mean_in_body": float(attention.space[seen.body.numpy()].mean()),
        }
    return record


def _deletion(deletion: Deletion) -> dict[str, Any]:
    return {
        "frames_deleted": deletion.counts,
        "replaced_by": "interpolation in time between the remaining neighbours",
        "change": dict(deletion.change),
        "change_at_random": deletion.random,
        "area_above_random": {name: deletion.area(name) for name in deletion.change},
        "random_orders_below": {name: deletion.beaten(name) for name in deletion.change},
    }


def _sampling(sampling: Sampling) -> dict[str, Any]:
    return {
        "model": sampling.model,
        "parameters": dict(sampling.parameters),
        "ktrans_standard_error": sampling.standard_error,
        "t_s": sampling.since,
        "share_of_information": sampling.worth,
        "half_rate_from_s": sampling.thinned_from,
        "standard_error_factor": sampling.factor,
        "later_half": {"factor": sampling.late, "frames_fewer": sampling.late_frames},
        "earlier_half": {"factor": sampling.early, "frames_fewer": sampling.early_frames},
    }
