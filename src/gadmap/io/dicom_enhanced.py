"""The frames of an enhanced multi-frame MR file as slices."""

from collections.abc import Iterable

from pydicom.dataset import Dataset

from gadmap.io.dicom_clock import classic_times, seconds_of_day
from gadmap.io.dicom_guard import RefusedError
from gadmap.io.dicom_slice import (
    PHILIPS_BEGIN_TIME,
    PHILIPS_SCALE_SLOPE,
    Samples,
    Slice,
    file_facts,
    number,
    numbers,
    philips_number,
    signal_scale,
    words,
)

_PHILIPS_FRAME = 0x2005140F
_PULSES = {"GRADIENT": ("GR",), "SPIN": ("SE",), "BOTH": ("SE", "GR")}
_NOTHING = Dataset()


def enhanced_slices(dataset: Dataset, samples: Samples) -> list[Slice]:
    """Slices of an enhanced file; what a frame does not say itself, the file says for all."""
    shared = next(iter(dataset.get("SharedFunctionalGroupsSequence") or ()), _NOTHING)
    frames = list(dataset.get("PerFrameFunctionalGroupsSequence") or ())
    expected = int(dataset.get("NumberOfFrames") or 1)
    if len(frames) != expected:
        raise RefusedError(
            f"{expected} frames of samples but {len(frames)} frame headers; is the file damaged?"
        )
    facts = file_facts(dataset)
    file_times = classic_times(dataset)
    file_number = int(number(dataset, "InstanceNumber") or 0)
    return [
        Slice(
            samples=samples,
            frame=index,
            times={**file_times, **_times(frame, shared)},
            order=_order(frame, shared, file_number * expected + index),
            **_place(frame, shared),
            **_settings(dataset, frame, shared),
            **facts,
        )
        for index, frame in enumerate(frames)
    ]


def _macro(groups: Iterable[Dataset], sequence: str | int) -> Dataset:
    """First item of a functional group: of the frame, else shared, else empty."""
    for group in groups:
        if sequence in group:
            items = group[sequence].value
            if items:
                return items[0]
    return _NOTHING


def _times(frame: Dataset, shared: Dataset) -> dict[str, float]:
    groups = (frame, shared)
    content = _macro(groups, "FrameContentSequence")
    times = {
        "TemporalPositionTimeOffset": number(
            _macro(groups, "TemporalPositionSequence"), "TemporalPositionTimeOffset"
        ),
        "Philips dynamic scan begin time": philips_number(
            _macro(groups, _PHILIPS_FRAME), PHILIPS_BEGIN_TIME
        ),
        "FrameReferenceDateTime": seconds_of_day(content.get("FrameReferenceDateTime")),
        "FrameAcquisitionDateTime": seconds_of_day(content.get("FrameAcquisitionDateTime")),
    }
    return {keyword: t for keyword, t in times.items() if t is not None}


def _order(frame: Dataset, shared: Dataset, instance: int) -> dict[str, int]:
    content = _macro((frame, shared), "FrameContentSequence")
    order = {
        "TemporalPositionIdentifier": number(content, "TemporalPositionIndex"),
        "AcquisitionNumber": number(content, "FrameAcquisitionNumber"),
        "InstanceNumber": instance,
    }
    return {keyword: int(value) for keyword, value in order.items() if value is not None}


def _place(frame: Dataset, shared: Dataset) -> dict[str, tuple[float, ...] | float | None]:
    groups = (frame, shared)
    measures = _macro(groups, "PixelMeasuresSequence")
    return {
        "position": numbers(_macro(groups, "PlanePositionSequence"), "ImagePositionPatient", 3),
        "orientation": numbers(
            _macro(groups, "PlaneOrientationSequence"), "ImageOrientationPatient", 6
        ),
        "spacing": numbers(measures, "PixelSpacing", 2),
        "slice_distance": number(measures, "SpacingBetweenSlices")
        or number(measures, "SliceThickness"),
    }


def _settings(dataset: Dataset, frame: Dataset, shared: Dataset) -> dict:
    groups = (frame, shared)
    timing = _macro(groups, "MRTimingAndRelatedParametersSequence")
    frame_type = _macro(groups, "MRImageFrameTypeSequence")
    scale = _macro((*groups, dataset), "PixelValueTransformationSequence")
    scale = scale if "RescaleSlope" in scale else dataset
    slope, intercept, scaled = signal_scale(
        number(scale, "RescaleSlope"),
        number(scale, "RescaleIntercept"),
        philips_number(_macro(groups, _PHILIPS_FRAME), PHILIPS_SCALE_SLOPE),
    )
    component = words(frame_type, "ComplexImageComponent") or words(
        dataset, "ComplexImageComponent"
    )
    return {
        "tr_ms": number(timing, "RepetitionTime"),
        "te_ms": number(_macro(groups, "MREchoSequence"), "EffectiveEchoTime"),
        "flip_degrees": number(timing, "FlipAngle"),
        "image_type": (words(frame_type, "FrameType") or words(dataset, "ImageType")) + component,
        "sequence": _sequence(dataset),
        "slope": slope,
        "intercept": intercept,
        "philips_scaled": scaled,
    }


def _sequence(dataset: Dataset) -> tuple[str, ...]:
    """The classic words of ScanningSequence for what an enhanced file says about its pulses."""
    pulses = _PULSES.get(str(dataset.get("EchoPulseSequence") or ""), ())
    planar = ("EP",) if dataset.get("EchoPlanarPulseSequence") == "YES" else ()
    inverted = ("IR",) if dataset.get("InversionRecovery") == "YES" else ()
    return pulses + planar + inverted
