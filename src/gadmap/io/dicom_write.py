"""A phantom as classic single-frame DICOM, with the frame time where each vendor puts it."""

from collections.abc import Callable
from math import degrees
from pathlib import Path
from typing import Literal

import numpy as np
from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import MRImageStorage

from gadmap.data import DceSeries, FlipAngleSeries
from gadmap.io.dicom_slice import (
    PHILIPS_BEGIN_TIME,
    PHILIPS_BLOCK,
    PHILIPS_CREATOR,
    PHILIPS_SCALE_SLOPE,
)
from gadmap.io.dicom_template import (
    Depth,
    Geometry,
    WrittenSeries,
    depth_of,
    ds,
    geometry_of,
    series_to_write,
    template,
    tm,
    uid,
)

Vendor = Literal["siemens", "ge", "philips"]


def write_dicom(
    folder: str | Path,
    series: DceSeries,
    vfa: FlipAngleSeries | None = None,
    *,
    vendor: Vendor = "siemens",
) -> list[Path]:
    """Files of a series and its flip-angle volumes, one image each, one folder a series.

    The patient is PHANTOM^GADMAP whatever the series was read from. Signal is stored in 16 bits
    with a rescale slope, so it comes back to within half a step; the first frame comes back at 0.

    Parameters
    ----------
    vendor
        Where the frame time goes: AcquisitionTime (siemens), TriggerTime in ms (ge), or the
        private dynamic scan begin time (philips).
    """
    if vendor not in _STAMPS:
        raise ValueError(f"no vendor {vendor!r}; there are {', '.join(_STAMPS)}")
    files: list[Path] = []
    for one in series_to_write(series, vfa):
        name = one.name if one.t.size == 1 else "dynamic"
        target = Path(folder) / f"{one.number:02d}_{name.replace(' ', '_')}"
        target.mkdir(parents=True, exist_ok=True)
        files.extend(_write_series(target, one, vendor))
    return files


def _write_series(folder: Path, series: WrittenSeries, vendor: str) -> list[Path]:
    manufacturer, stamp = _STAMPS[vendor]
    depth, geometry = depth_of(series.signal), geometry_of(series)
    dataset = _classic_template(series, depth, geometry, manufacturer)
    slices = series.signal.shape[2]
    files = []
    for k, t in enumerate(series.t):
        dataset.AcquisitionNumber = dataset.TemporalPositionIdentifier = k + 1
        stamp(dataset, series.start, float(t))
        for z in range(slices):
            instance = k * slices + z + 1
            dataset.InstanceNumber = instance
            dataset.SOPInstanceUID = uid(series.uid, instance)
            dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
            dataset.ImagePositionPatient = geometry.positions[z]
            dataset.PixelData = depth.stored(series.signal[:, :, z, k]).tobytes()
            files.append(folder / f"image{instance:05d}.dcm")
            dcmwrite(files[-1], dataset, enforce_file_format=True)
    return files


def _classic_template(
    series: WrittenSeries, depth: Depth, geometry: Geometry, manufacturer: str
) -> Dataset:
    dataset = template(series, MRImageStorage, manufacturer)
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    dataset.ScanningSequence, dataset.SequenceVariant = "GR", "SP"
    dataset.ScanOptions, dataset.MRAcquisitionType = "", "3D"
    dataset.EchoTrainLength = 1
    dataset.RepetitionTime = ds(series.acquisition.tr * 1000)
    te = series.acquisition.te
    dataset.EchoTime = None if te is None else ds(te * 1000)
    dataset.FlipAngle = ds(degrees(series.acquisition.flip_angle))
    dataset.NumberOfTemporalPositions = series.t.size
    dataset.ImageOrientationPatient = geometry.orientation
    dataset.PixelSpacing = geometry.spacing
    dataset.SliceThickness = dataset.SpacingBetweenSlices = ds(geometry.distance)
    dataset.RescaleSlope, dataset.RescaleIntercept = ds(depth.slope), ds(depth.intercept)
    dataset.RescaleType = "US"
    return dataset


def _siemens(dataset: Dataset, start: float, t: float) -> None:
    dataset.AcquisitionTime = tm(start + t)


def _ge(dataset: Dataset, start: float, t: float) -> None:
    dataset.AcquisitionTime = tm(start)
    dataset.TriggerTime = ds(t * 1000)


def _philips(dataset: Dataset, start: float, t: float) -> None:
    dataset.AcquisitionTime = tm(start)
    dataset.add_new(PHILIPS_BLOCK, "LO", PHILIPS_CREATOR)
    dataset.add_new(PHILIPS_SCALE_SLOPE, "FL", float(np.float32(1 / float(dataset.RescaleSlope))))
    dataset.add_new(PHILIPS_BEGIN_TIME, "FL", t)


Stamp = Callable[[Dataset, float, float], None]
_STAMPS: dict[str, tuple[str, Stamp]] = {
    "siemens": ("SIEMENS", _siemens),
    "ge": ("GE MEDICAL SYSTEMS", _ge),
    "philips": ("Philips Medical Systems", _philips),
}
