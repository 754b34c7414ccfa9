"""A phantom as enhanced multi-frame DICOM: the frame time is TemporalPositionTimeOffset."""

from math import degrees
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite
from pydicom.sequence import Sequence
from pydicom.uid import EnhancedMRImageStorage

from gadmap.data import DceSeries, FlipAngleSeries
from gadmap.io.dicom_template import (
    STUDY_DATE,
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

_IMAGE_TYPE = ["ORIGINAL", "PRIMARY", "PERFUSION", "NONE"]


def write_enhanced_dicom(
    folder: str | Path,
    series: DceSeries,
    vfa: FlipAngleSeries | None = None,
    *,
    frames_per_file: int | None = None,
) -> list[Path]:
    """Files of a series and its flip-angle volumes, many images each.

    Parameters
    ----------
    frames_per_file
        Time frames in a file of the dynamic series; None puts all into one.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for one in series_to_write(series, vfa):
        step = frames_per_file or one.t.size
        depth, geometry = depth_of(one.signal), geometry_of(one)
        for part, first in enumerate(range(0, one.t.size, step), start=1):
            frames = range(first, min(first + step, one.t.size))
            dataset = _enhanced(one, depth, geometry, frames, part)
            files.append(folder / f"series{one.number:02d}_{part:04d}.dcm")
            dcmwrite(files[-1], dataset, enforce_file_format=True)
    return files


def _enhanced(
    series: WrittenSeries, depth: Depth, geometry: Geometry, frames: range, part: int
) -> Dataset:
    dataset = template(series, EnhancedMRImageStorage, "gadmap")
    dataset.SOPInstanceUID = uid(series.uid, "enhanced", part)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.InstanceNumber = dataset.AcquisitionNumber = part
    dataset.AcquisitionDateTime = STUDY_DATE + tm(series.start)
    dataset.AcquisitionDuration = float(series.t[-1])
    dataset.ImageType, dataset.PixelPresentation = _IMAGE_TYPE, "MONOCHROME"
    dataset.VolumetricProperties, dataset.VolumeBasedCalculationTechnique = "VOLUME", "NONE"
    dataset.ComplexImageComponent, dataset.AcquisitionContrast = "MAGNITUDE", "PERFUSION"
    dataset.PulseSequenceName, dataset.EchoPulseSequence = "SPGR", "GRADIENT"
    dataset.EchoPlanarPulseSequence = dataset.InversionRecovery = "NO"
    dataset.MultipleSpinEcho = dataset.SaturationRecovery = "NO"
    dataset.MRAcquisitionType, dataset.Spoiling = "3D", "RF"
    dataset.SteadyStatePulseSequence = "NONE"
    dataset.SpectrallySelectedExcitation = dataset.SpatialPresaturation = "NONE"
    dataset.MultiPlanarExcitation = dataset.PhaseContrast = dataset.TimeOfFlightContrast = "NO"
    dataset.KSpaceFiltering, dataset.GeometryOfKSpaceTraversal = "NONE", "RECTILINEAR"
    dataset.ResonantNucleus, dataset.ImageComments = "1H", "phantom"
    dataset.ContentQualification, dataset.BurnedInAnnotation = "RESEARCH", "NO"
    dataset.LossyImageCompression, dataset.PresentationLUTShape = "00", "IDENTITY"
    _add_dimensions(dataset)
    places = [(k, z) for k in frames for z in range(series.signal.shape[2])]
    dataset.NumberOfFrames = len(places)
    dataset.SharedFunctionalGroupsSequence = _sequence(_shared(series, depth, geometry))
    dataset.PerFrameFunctionalGroupsSequence = Sequence(
        [_frame(series, geometry, k, z) for k, z in places]
    )
    dataset.PixelData = b"".join(
        depth.stored(series.signal[:, :, z, k]).tobytes() for k, z in places
    )
    return dataset


def _item(**elements: object) -> Dataset:
    item = Dataset()
    for keyword, value in elements.items():
        setattr(item, keyword, value)
    return item


def _sequence(item: Dataset) -> Sequence:
    return Sequence([item])


def _add_dimensions(dataset: Dataset) -> None:
    """Time, then slice: the two indices of each frame."""
    organization = uid(dataset.StudyInstanceUID, "dimensions")
    dataset.DimensionOrganizationSequence = _sequence(_item(DimensionOrganizationUID=organization))
    indices = ((0x00209128, 0x00209111), (0x00209057, 0x00209111))
    dataset.DimensionIndexSequence = Sequence(
        [
            _item(
                DimensionOrganizationUID=organization,
                DimensionIndexPointer=pointer,
                FunctionalGroupPointer=group,
            )
            for pointer, group in indices
        ]
    )


def _shared(series: WrittenSeries, depth: Depth, geometry: Geometry) -> Dataset:
    acquisition = series.acquisition
    shared = Dataset()
    shared.MRTimingAndRelatedParametersSequence = _sequence(
        _item(
            RepetitionTime=ds(acquisition.tr * 1000),
            FlipAngle=ds(degrees(acquisition.flip_angle)),
            EchoTrainLength=1,
            RFEchoTrainLength=0,
            GradientEchoTrainLength=1,
        )
    )
    if acquisition.te is not None:
        shared.MREchoSequence = _sequence(_item(EffectiveEchoTime=acquisition.te * 1000))
    shared.PixelMeasuresSequence = _sequence(
        _item(
            PixelSpacing=geometry.spacing,
            SliceThickness=ds(geometry.distance),
            SpacingBetweenSlices=ds(geometry.distance),
        )
    )
    shared.PlaneOrientationSequence = _sequence(_item(ImageOrientationPatient=geometry.orientation))
    shared.MRImageFrameTypeSequence = _sequence(
        _item(
            FrameType=_IMAGE_TYPE,
            PixelPresentation="MONOCHROME",
            VolumetricProperties="VOLUME",
            VolumeBasedCalculationTechnique="NONE",
            ComplexImageComponent="MAGNITUDE",
            AcquisitionContrast="PERFUSION",
        )
    )
    shared.PixelValueTransformationSequence = _sequence(
        _item(RescaleSlope=ds(depth.slope), RescaleIntercept=ds(depth.intercept), RescaleType="US")
    )
    return shared


def _frame(series: WrittenSeries, geometry: Geometry, k: int, z: int) -> Dataset:
    stamp = STUDY_DATE + tm(series.start)
    duration_ms = float(np.diff(series.t).min() * 1000) if series.t.size > 1 else 0.0
    frame = Dataset()
    frame.FrameContentSequence = _sequence(
        _item(
            FrameReferenceDateTime=stamp,
            FrameAcquisitionDateTime=stamp,
            FrameAcquisitionDuration=duration_ms,
            FrameAcquisitionNumber=k + 1,
            StackID="1",
            InStackPositionNumber=z + 1,
            TemporalPositionIndex=k + 1,
            DimensionIndexValues=[k + 1, z + 1],
        )
    )
    frame.PlanePositionSequence = _sequence(_item(ImagePositionPatient=geometry.positions[z]))
    frame.TemporalPositionSequence = _sequence(_item(TemporalPositionTimeOffset=float(series.t[k])))
    return frame
