"""`gadmap phantom`: a case with known truth, as files."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float

from gadmap.io import results_folder, write_dicom, write_enhanced_dicom, write_maps, write_nifti
from gadmap.io.nifti_write import save_nifti
from gadmap.phantoms import Phantom, reference_object
from gadmap.pipeline.inputs import PathLike
from gadmap.pipeline.stages import Stages, Watch, unwatched

FileFormat = Literal["dicom", "nifti"]
Vendor = Literal["siemens", "ge", "philips", "enhanced"]


@dataclass(frozen=True, kw_only=True)
class PhantomFiles:
    """Where a phantom lies.

    Attributes
    ----------
    source
        What `gadmap map` takes: the DICOM folder or the dynamic NIfTI file.
    truth
        Folder of the true maps, `labels.nii.gz`, `purity.nii.gz`, `b1.nii.gz` and `motion.tsv`.
    count
        Number of files of the case.
    tissues
        Name of the tissue of each label.
    seconds
        Wall-clock time of each stage [s].
    """

    source: Path
    truth: Path
    count: int
    tissues: tuple[str, ...]
    seconds: Mapping[str, float]


def write_phantom(
    out: PathLike,
    *,
    file_format: FileFormat = "dicom",
    vendor: Vendor = "siemens",
    seed: int = 0,
    snr: float = 25.0,
    matrix: int = 256,
    slices: int = 16,
    frames: int = 65,
    overwrite: bool = False,
    watch: Watch = unwatched,
) -> PhantomFiles:
    """Write a brain tumour with known truth: the case, and its truth in a folder of its own.

    Parameters
    ----------
    out
        Folder to write; it is there completely or not at all.
    file_format, vendor
        "dicom" or "nifti", and how the DICOM files are written: "siemens", "ge", "philips" or
        "enhanced".
    seed, snr, matrix, slices, frames
        As in `gadmap.phantoms.reference_object`.
    overwrite
        Whether earlier results in `out` are replaced.
    watch
        Told of each stage as it begins.

    Raises
    ------
    ValueError
        If the size or the noise level makes no phantom.
    OSError
        If the output cannot be written.
    """
    stages, out = Stages(watch), Path(out)
    with results_folder(out, overwrite) as folder:
        with stages.stage("phantom"):
            phantom = reference_object(
                seed=seed, snr=snr, matrix=matrix, slices=slices, frames=frames
            )
        with stages.stage("writing the phantom"):
            count = write_examination(folder, phantom, file_format, vendor)
    return PhantomFiles(
        source=out / "dicom" if file_format == "dicom" else out / "nifti" / "dce.nii.gz",
        truth=out / "truth",
        count=count,
        tissues=phantom.tissues,
        seconds=stages.seconds,
    )


def write_examination(
    folder: Path, phantom: Phantom, file_format: FileFormat, vendor: Vendor
) -> int:
    """Write a phantom's examination and truth into a folder; number of the examination's files."""
    _write_truth(folder / "truth", phantom)
    series, vfa = phantom.exam.series, phantom.vfa
    if file_format == "nifti":
        return len(write_nifti(folder / "nifti", series, vfa))
    if vendor == "enhanced":
        return len(write_enhanced_dicom(folder / "dicom", series, vfa))
    return len(write_dicom(folder / "dicom", series, vfa, vendor=vendor))


def _write_truth(folder: Path, phantom: Phantom) -> None:
    """The true maps, B1 and motion, which tissue fills most of a voxel, and how much of it."""
    affine = phantom.truth.affine
    record = {"tissues": phantom.tissues, "seed": phantom.case.seed, "snr": phantom.case.snr}
    write_maps(folder, phantom.truth, phantom.exam, record, keep_exam=False)
    labels, purity = phantom.labels, phantom.purity.astype(np.float32)
    save_nifti(folder / "labels.nii.gz", labels, affine, "tissue, see maps.json; gadmap")
    save_nifti(folder / "purity.nii.gz", purity, affine, "volume fraction of the tissue, gadmap")
    save_nifti(folder / "b1.nii.gz", phantom.exam.b1, affine, "actual over nominal angle, gadmap")
    _write_motion(folder / "motion.tsv", phantom.motion)


def _write_motion(path: Path, motion: Float[np.ndarray, "time 6"]) -> None:
    """Where the head is in each frame."""
    header = "\t".join(f"{what}_{axis}" for what in ("shift_mm", "turn_rad") for axis in "xyz")
    rows = ("\t".join(repr(value) for value in row) for row in motion.tolist())
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
