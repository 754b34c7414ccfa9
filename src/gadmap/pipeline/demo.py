"""`gadmap demo`: the phantom as DICOM, mapped, and its error to the known truth."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gadmap.data import ParameterMaps
from gadmap.io import read_volume
from gadmap.pipeline.inputs import PathLike
from gadmap.pipeline.map_exam import MapResult, map_exam
from gadmap.pipeline.phantom import PhantomFiles, write_phantom
from gadmap.pipeline.stages import Stages

_TISSUE = "tumour rim"
_PURE = 0.99
_PARAMETERS = ("ktrans", "ve", "kep")


@dataclass(frozen=True, eq=False, kw_only=True)
class DemoResult:
    """What the demonstration made.

    Attributes
    ----------
    mapped
        The run of `map_exam` on the phantom's DICOM folder.
    phantom
        Where the phantom and its truth lie.
    error
        One line: the error to the known truth.
    """

    mapped: MapResult
    phantom: PhantomFiles
    error: str


def run_demo(
    out: PathLike,
    *,
    seed: int = 0,
    matrix: int = 256,
    slices: int = 16,
    frames: int = 65,
    overwrite: bool = False,
    stages: Stages | None = None,
) -> DemoResult:
    """Write the phantom as DICOM, map that folder like any other, compare with the truth's files.

    Raises
    ------
    OSError
        If the output cannot be written.
    """
    stages, out = stages or Stages(), Path(out)
    phantom = write_phantom(
        out / "phantom",
        seed=seed,
        matrix=matrix,
        slices=slices,
        frames=frames,
        overwrite=overwrite,
        stages=stages,
    )
    mapped = map_exam(phantom.source, out / "maps", overwrite=overwrite, stages=stages)
    return DemoResult(mapped=mapped, phantom=phantom, error=error_to_truth(mapped, phantom))


def error_to_truth(mapped: MapResult, phantom: PhantomFiles) -> str:
    """One line with the error of the maps to the truth's files."""
    series = mapped.exam.series

    def truth(name: str) -> np.ndarray:
        return read_volume(phantom.truth / f"{name}.nii.gz", series, f"true {name}")

    labels, purity = truth("labels"), truth("purity")
    pure = (labels == phantom.tissues.index(_TISSUE)) & (purity > _PURE) & mapped.maps.valid
    everywhere = mapped.maps.valid & np.isfinite(truth("ktrans"))
    relative = ", ".join(
        f"{name} {_median_relative_error(mapped.maps, truth(name), name, pure):.1%}"
        for name in _PARAMETERS
    )
    rmse = _rmse(mapped.maps["ktrans"], truth("ktrans"), everywhere)
    rim = _rmse(mapped.maps["ktrans"], truth("ktrans"), pure)
    return (
        f"error to the known truth: ktrans RMSE {rmse:.4f} 1/min over {everywhere.sum():,} voxels, "
        f"{rim:.4f} 1/min in {pure.sum():,} voxels of pure {_TISSUE}; "
        f"median relative error there: {relative}"
    )


def _rmse(values: np.ndarray, truth: np.ndarray, where: np.ndarray) -> float:
    return float(np.sqrt(np.mean((values[where] - truth[where]) ** 2)))


def _median_relative_error(
    maps: ParameterMaps, truth: np.ndarray, name: str, where: np.ndarray
) -> float:
    return float(np.median(np.abs(maps[name][where] / truth[where] - 1)))
