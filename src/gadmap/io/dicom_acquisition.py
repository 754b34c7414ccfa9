"""TR, flip angle, TE and field of an acquisition from its slices, in the package's units."""

from collections.abc import Sequence
from math import radians

from gadmap.data import Acquisition
from gadmap.io.dicom_slice import Slice

_TR_MS = (0.5, 1000.0)
_FLIP_DEGREES = (1.0, 90.0)


def acquisition_of(slices: Sequence[Slice], what: str) -> Acquisition:
    """Acquisition of images that share their settings.

    Raises
    ------
    ValueError
        If TR or flip angle is missing, has the size of another unit, or differs between images.
    """
    tr_ms = _one([image.tr_ms for image in slices], "RepetitionTime (0018,0080)", what)
    flip = _one([image.flip_degrees for image in slices], "FlipAngle (0018,1314)", what)
    if not _TR_MS[0] <= tr_ms <= _TR_MS[1]:
        unit = "s" if tr_ms < _TR_MS[0] else "microseconds, or is it the frame step"
        raise ValueError(
            f"{what}: RepetitionTime (0018,0080) is {tr_ms:g}; expected {_TR_MS[0]:g} to "
            f"{_TR_MS[1]:g} ms. Is it in {unit}?"
        )
    if not _FLIP_DEGREES[0] <= flip <= _FLIP_DEGREES[1]:
        raise ValueError(
            f"{what}: FlipAngle (0018,1314) is {flip:g}; expected {_FLIP_DEGREES[0]:g} to "
            f"{_FLIP_DEGREES[1]:g} degrees. Is it in radians?"
        )
    te_ms = slices[0].te_ms
    return Acquisition(
        tr=tr_ms / 1000,
        flip_angle=radians(flip),
        te=None if te_ms is None else te_ms / 1000,
        field_strength=slices[0].field_strength,
    )


def _one(values: Sequence[float | None], tag: str, what: str) -> float:
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        raise ValueError(
            f"{what}: {tag} is missing in {len(values) - len(known)} of {len(values)} images; "
            "expected it in all. Were the headers stripped?"
        )
    if max(known) - min(known) > 1e-3 * abs(max(known)):
        raise ValueError(
            f"{what}: {tag} runs from {min(known):g} to {max(known):g}; expected one value. "
            "Are two acquisitions mixed?"
        )
    return known[0]
