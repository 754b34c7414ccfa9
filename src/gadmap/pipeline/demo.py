"""`gadmap demo`: the phantom as DICOM, mapped, and its error to the known truth."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gadmap.io import read_volume
from gadmap.pipeline.inputs import PathLike
from gadmap.pipeline.map_exam import MapResult, map_exam
from gadmap.pipeline.phantom import PhantomFiles, write_phantom
from gadmap.pipeline.stages import Watch, unwatched

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
    watch: Watch = unwatched,
) -> DemoResult:
    """Write the phantom as DICOM, map that folder like any other, compare with the truth's files.

    Raises
    ------
    OSError
        If the output cannot be written.
    """
    out = Path(out)
    phantom = write_phantom(
        out / "phantom",
        seed=seed,
        matrix=matrix,
        slices=slices,
        frames=frames,
        overwrite=overwrite,
        watch=watch,
    )
    mapped = map_exam(phantom.source, out / "maps", overwrite=overwrite, watch=watch)
    return DemoResult(mapped=mapped, phantom=phantom, error=error_to_truth(mapped, phantom))


def error_to_truth(mapped: MapResult, phantom: PhantomFiles) -> str:
    """One line with the error of the maps to the truth's files."""
    maps, series = mapped.maps, mapped.exam.series

    def truth(name: str) -> np.ndarray:
        return read_volume(phantom.truth / f"{name}.nii.gz", series, f"true {name}")

    known = maps.valid & np.isfinite(truth("ktrans"))
    rim = known & (truth("labels") == phantom.tissues.index(_TISSUE)) & (truth("purity") > _PURE)
    error = (maps["ktrans"] - truth("ktrans"))[rim]
    relative = (
        f"{name} {np.median(np.abs(maps[name][rim] / truth(name)[rim] - 1)):.1%}"
        for name in _PARAMETERS
    )
    everywhere = np.median(np.abs(maps["ktrans"] - truth("ktrans"))[known])
    return (
        f"error to the known truth in {rim.sum():,} voxels of pure {_TISSUE}: ktrans RMSE "
        f"{np.sqrt(np.mean(error**2)):.4f} 1/min; median relative error {', '.join(relative)}; "
        f"in all {known.sum():,} voxels, median error of ktrans {everywhere:.4f} 1/min"
    )
