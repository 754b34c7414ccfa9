"""SYNTHETIC data in the shape of the RIDER NEURO MRI collection: no patient's, random numbers.

`gadmap.io.write_dicom` writes each examination, and its headers are then made like the archive's:
implicit VR, one patient name for all, blank study time, weight and slice distance, shifted dates,
the collection's UIDs, the dynamic series and the flip angles in one study or in two.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from math import radians
from pathlib import Path

import numpy as np
import pydicom
from pydicom.uid import ImplicitVRLittleEndian

from gadmap.data import Acquisition, DceSeries, FlipAngleSeries
from gadmap.io import write_dicom

UIDS = "1.3.6.1.4.1.9328.50.16."
NAME = "281949"
ANGLES = (5, 15, 25)
_ABSENT = (
    "SeriesDate", "AcquisitionDate", "SeriesTime",
    "TemporalPositionIdentifier", "NumberOfTemporalPositions",
)  # fmt: skip
_SERIAL = count(10**9 + 7)


def random_scan(
    seed: int = 0, grid: tuple[int, int, int] = (6, 5, 4), frames: int = 5
) -> tuple[DceSeries, FlipAngleSeries]:
    """Random signal on an axial slab of 5 mm slices, every 4.762 s; TR and TE differ by purpose."""
    rng = np.random.default_rng(seed)
    affine = np.diag([-1.0, -1.0, 5.0, 1.0])
    affine[:3, 3] = (120.5, 90.25, -14.0)

    def acquisition(degrees: float, tr: float, te: float) -> Acquisition:
        return Acquisition(tr=tr, te=te, flip_angle=radians(degrees), field_strength=1.494)

    series = DceSeries(
        signal=rng.uniform(10, 900, (*grid, frames)).astype(np.float32),
        t=4.762 * np.arange(frames),
        affine=affine,
        acquisition=acquisition(25, 3.8e-3, 1.8e-3),
        time_source="synthetic",
        description="perfusion",
    )
    flips = FlipAngleSeries(
        signal=rng.uniform(10, 500, (*grid, len(ANGLES))).astype(np.float32),
        acquisitions=tuple(acquisition(angle, 4.43e-3, 2.1e-3) for angle in ANGLES),
        affine=affine,
    )
    return series, flips


@dataclass(frozen=True)
class Visit:
    """Where one synthetic visit was written."""

    dynamic: Path
    flips: tuple[Path, ...]
    others: tuple[Path, ...]


@dataclass(frozen=True)
class Header:
    """What the images of one study have in common, and what a series changes."""

    number: str
    date: str
    study: str
    change: Callable[[pydicom.Dataset], None] = lambda dataset: None


def write_visit(
    root: Path,
    number: str,
    date: str,
    scan: tuple[DceSeries, FlipAngleSeries | None],
    *,
    two_studies: bool = False,
    uid_names: bool = False,
) -> Visit:
    """One examination as the archive delivers it.

    Parameters
    ----------
    number
        What stands after "RIDER Neuro MRI-" in PatientID.
    date
        YYYYMMDD.
    two_studies
        Whether the dynamic series lies in another study than the flip angles.
    uid_names
        Whether the folders bear UIDs, as older deliveries have them.
    """
    series, flips = scan
    staged = root.parent / f"{root.name}.staged"
    write_dicom(staged, replace(series, description="perfusion"), flips)
    header = Header(number, date, _uid())
    other = replace(header, study=_uid())
    places = []
    for folder in sorted(staged.iterdir()):
        dynamic = folder.name.endswith("dynamic")
        places.append(
            _place_series(folder, root, other if dynamic and two_studies else header, uid_names)
        )
    *flip_folders, perfusion = places
    others = tuple(
        _place_series(perfusion, root, replace(other, change=change), uid_names)
        for change in (_into_tensor, _into_sagittal)
    )
    shutil.rmtree(staged)
    return Visit(perfusion, tuple(flip_folders), others)


def write_collection(
    root: Path, numbers: Sequence[str], dates: Sequence[str] = ("19040321", "19040323")
) -> dict[tuple[str, str], Visit]:
    """Every patient at every date, each with random signal of its own, in studies of its own."""
    return {
        (number, date): write_visit(root, number, date, random_scan(seed), two_studies=seed % 2 > 0)
        for seed, (number, date) in enumerate((n, d) for n in numbers for d in dates)
    }


def edit(folder: Path, **elements: object) -> None:
    """Set elements in every header of a folder."""
    for file in sorted(folder.iterdir()):
        dataset = pydicom.dcmread(file)
        for keyword, value in elements.items():
            setattr(dataset, keyword, value)
        dataset.save_as(file)


def _uid() -> str:
    return f"{UIDS}{next(_SERIAL) * 7919 % 10**12:012d}"


def _place_series(folder: Path, root: Path, header: Header, uid_names: bool) -> Path:
    """A copy of a series in its place, with the collection's headers."""
    series_uid, place = _uid(), None
    for k, file in enumerate(sorted(folder.iterdir())):
        dataset = pydicom.dcmread(file)
        _make_like_rider(dataset, header, series_uid)
        place = place or _folder(root, dataset, uid_names)
        name = f"{k:06d}.dcm" if uid_names else f"1-{k + 1:03d}.dcm"
        dataset.save_as(place / name, implicit_vr=True, little_endian=True)
    assert place is not None
    return place


def _make_like_rider(dataset: pydicom.Dataset, header: Header, series_uid: str) -> None:
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dataset.PatientName, dataset.PatientID = NAME, f"RIDER Neuro MRI-{header.number}"
    dataset.PatientWeight = dataset.SpacingBetweenSlices = None
    dataset.StudyTime = dataset.ContentTime = dataset.StudyID = dataset.PatientSex = ""
    dataset.StudyDate = dataset.ContentDate = header.date
    dataset.StudyDescription, dataset.ManufacturerModelName = "BRAIN^RESEARCH", ""
    for keyword in _ABSENT:
        if keyword in dataset:
            delattr(dataset, keyword)
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = header.study, series_uid
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = _uid()
    if dataset.SeriesDescription.startswith("flip angle"):
        dataset.SeriesDescription = f"ax {float(dataset.FlipAngle):.0f} flip"
    header.change(dataset)


def _into_tensor(dataset: pydicom.Dataset) -> None:
    """A diffusion series: many images at each place, but echo planar."""
    dataset.SeriesDescription, dataset.SeriesNumber, dataset.ScanningSequence = (
        "ax tensor",
        30,
        "EP",
    )


def _into_sagittal(dataset: pydicom.Dataset) -> None:
    """A sagittal gradient echo after contrast: a volume, but of another direction."""
    dataset.SeriesDescription, dataset.SeriesNumber = "sag 3d gre +c", 31
    dataset.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]
    dataset.ImagePositionPatient = [float(dataset.InstanceNumber), 0, 0]
    dataset.FlipAngle = 20


def _folder(root: Path, dataset: pydicom.Dataset, uid_names: bool) -> Path:
    study, series = str(dataset.StudyInstanceUID), str(dataset.SeriesInstanceUID)
    if uid_names:
        place = root / str(dataset.PatientID).rpartition("-")[2] / study / series
    else:
        date = str(dataset.StudyDate)
        day = f"{date[4:6]}-{date[6:]}-{date[:4]}-BRAINRESEARCH-{study[-5:]}"
        name = f"{int(dataset.SeriesNumber)}.000000-{dataset.SeriesDescription}-{series[-5:]}"
        place = root / str(dataset.PatientID) / day / name
    place.mkdir(parents=True)
    return place
