"""What every DICOM file of a written phantom has in common."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import degrees

import numpy as np
from jaxtyping import Float, UInt16
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid
from pydicom.valuerep import format_number_as_ds

from gadmap.data import Acquisition, DceSeries, FlipAngleSeries
from gadmap.io.grid import lps_to_ras

PATIENT_NAME, PATIENT_ID = "PHANTOM^GADMAP", "GADMAP-PHANTOM"
STUDY_DATE, DYNAMIC_START = "20200101", 12 * 3600.0
_FLIP_START, _FLIP_STEP = 11 * 3600.0, 60.0
_DEEPEST = 65535


@dataclass(frozen=True, eq=False)
class WrittenSeries:
    """One series to write: the dynamic one, or one flip angle.

    Attributes
    ----------
    number, name
        Series number and description.
    start
        Time of day at which it starts [s].
    """

    signal: Float[np.ndarray, "x y z time"]
    t: Float[np.ndarray, " time"]
    affine: Float[np.ndarray, "4 4"]
    acquisition: Acquisition
    number: int
    name: str
    start: float
    study_uid: str

    @property
    def uid(self) -> str:
        """SeriesInstanceUID, the same for the same data."""
        return uid(self.study_uid, self.number)


def series_to_write(series: DceSeries, vfa: FlipAngleSeries | None) -> list[WrittenSeries]:
    """Flip-angle volumes, then the dynamic series, as a scanner would number them."""
    signals = [series.signal] if vfa is None else [series.signal, vfa.signal]
    for signal in signals:
        if not np.isfinite(signal).all():
            raise ValueError("signal holds values that are not finite; DICOM cannot store them")
    digest = hashlib.sha256()
    for array in (series.t, series.affine, *(signal[..., 0] for signal in signals)):
        digest.update(array.tobytes())
    study = uid(digest.hexdigest())
    flips = [] if vfa is None else [_flip(vfa, i, study) for i in range(len(vfa.acquisitions))]
    dynamic = WrittenSeries(
        series.signal,
        series.t - series.t[0],
        series.affine,
        series.acquisition,
        len(flips) + 1,
        series.description or "dynamic",
        DYNAMIC_START,
        study,
    )
    return [*flips, dynamic]


def _flip(vfa: FlipAngleSeries, index: int, study: str) -> WrittenSeries:
    acquisition = vfa.acquisitions[index]
    return WrittenSeries(
        vfa.signal[..., index : index + 1],
        np.zeros(1),
        vfa.affine,
        acquisition,
        index + 1,
        f"flip angle {degrees(acquisition.flip_angle):.3g}",
        _FLIP_START + index * _FLIP_STEP,
        study,
    )


def uid(*sources: object) -> UID:
    """A UID that is always the same for the same sources."""
    return generate_uid(entropy_srcs=[str(source) for source in sources])


def ds(value: float) -> str:
    """A number as DICOM's decimal string of at most 16 characters."""
    return format_number_as_ds(float(value))


def tm(seconds: float) -> str:
    """Time of day as DICOM writes it, to the microsecond."""
    microseconds = round(seconds * 1e6)
    minutes, rest = divmod(microseconds, 60_000_000)
    return f"{minutes // 60:02d}{minutes % 60:02d}{rest // 1_000_000:02d}.{rest % 1_000_000:06d}"


def template(series: WrittenSeries, sop_class: UID, manufacturer: str) -> Dataset:
    """The patient, study, series, equipment and image modules that all files share."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = sop_class
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = sop_class
    dataset.PatientName, dataset.PatientID = PATIENT_NAME, PATIENT_ID
    dataset.PatientBirthDate, dataset.PatientSex = "", "O"
    dataset.StudyInstanceUID, dataset.StudyID = series.study_uid, "1"
    dataset.StudyDate = dataset.SeriesDate = dataset.ContentDate = STUDY_DATE
    dataset.AcquisitionDate = STUDY_DATE
    dataset.StudyTime = tm(_FLIP_START)
    dataset.SeriesTime = dataset.ContentTime = tm(series.start)
    dataset.AccessionNumber, dataset.ReferringPhysicianName = "", ""
    dataset.StudyDescription = "gadmap phantom"
    dataset.SeriesInstanceUID, dataset.SeriesNumber = series.uid, series.number
    dataset.SeriesDescription = series.name[:64]
    dataset.Modality, dataset.PatientPosition = "MR", "HFS"
    dataset.FrameOfReferenceUID = uid(series.study_uid, "frame of reference")
    dataset.PositionReferenceIndicator = ""
    dataset.Manufacturer, dataset.ManufacturerModelName = manufacturer, "gadmap phantom"
    dataset.DeviceSerialNumber, dataset.SoftwareVersions = "0", "gadmap"
    if series.acquisition.field_strength is not None:
        dataset.MagneticFieldStrength = ds(series.acquisition.field_strength)
    dataset.Columns, dataset.Rows = series.signal.shape[:2]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 0
    return dataset


@dataclass(frozen=True)
class Depth:
    """How signal is stored in 16 bits: signal = slope * stored + intercept, nothing clips."""

    slope: float
    intercept: float

    def stored(self, signal: Float[np.ndarray, "x y"]) -> UInt16[np.ndarray, "y x"]:
        """Samples of one image, rows first."""
        steps = np.rint((signal.T.astype(np.float64) - self.intercept) / self.slope)
        return np.ascontiguousarray(steps.astype("<u2"))


def depth_of(signal: Float[np.ndarray, "x y z time"]) -> Depth:
    """The finest step that holds the whole signal and that a decimal string holds exactly."""
    lowest, highest = min(float(signal.min()), 0.0), float(signal.max())
    intercept = float(f"{lowest * (1 + 1e-7):.8e}")
    slope = float(f"{(highest - intercept) / _DEEPEST * (1 + 1e-7):.8e}")
    return Depth(slope if slope > 0 else 1.0, intercept)


@dataclass(frozen=True, eq=False)
class Geometry:
    """The grid as DICOM says it, in its own axes.

    Attributes
    ----------
    orientation, spacing
        Direction cosines along a row and down the rows; distance of rows, then of columns [mm].
    distance
        Between slices along their normal [mm].
    positions
        Of the first pixel of each slice [mm].
    """

    orientation: list[str]
    spacing: list[str]
    distance: float
    positions: Sequence[list[str]]


def geometry_of(series: WrittenSeries) -> Geometry:
    """Where the slices lie.

    Raises
    ------
    ValueError
        If rows and columns are not perpendicular: DICOM cannot say that.
    """
    lps = lps_to_ras(series.affine)
    along_row, down_rows, step, origin = lps[:3].T
    column_distance, row_distance = (float(np.linalg.norm(v)) for v in (along_row, down_rows))
    x, y = along_row / column_distance, down_rows / row_distance
    if abs(x @ y) > 1e-4:
        raise ValueError("rows and columns of the affine are not perpendicular; DICOM needs that")
    return Geometry(
        orientation=[ds(value) for value in (*x, *y)],
        spacing=[ds(row_distance), ds(column_distance)],
        distance=abs(float(np.cross(x, y) @ step)),
        positions=[[ds(v) for v in origin + z * step] for z in range(series.signal.shape[2])],
    )
