"""JSON sidecars, of a file alone and by BIDS' inheritance."""

import json
from pathlib import Path

from fuzz.case import put
from fuzz.nifti import seeds as nifti_seeds
from fuzz.target import Target
from gadmap.io import describe, read_series

_KEYS = {
    "RepetitionTimeExcitation": 0.005,
    "FlipAngle": 20,
    "EchoTime": 0.002,
    "MagneticFieldStrength": 1.5,
    "Relaxivity": 4.5,
    "Hematocrit": 0.42,
    "InjectionFrame": 2,
}
_IMAGE = nifti_seeds()[0]


def seeds() -> list[bytes]:
    """A full sidecar, one of BIDS, and JSON that says nothing."""
    times = [0, 5, 10.5, 15, 22]
    several = (
        _KEYS | {"FrameTimesStart": times},
        {"VolumeTiming": times, "RepetitionTime": 0.005, "FlipAngle": 20, "EchoTime": None},
        {},
        [],
    )
    return [json.dumps(one).encode() for one in several]


def read(data: bytes, folder: Path) -> None:
    """Describe and read a series with that sidecar."""
    put(folder, {"dce.nii": _IMAGE, "dce.json": data})
    describe(folder / "dce.nii")
    read_series(folder / "dce.nii")


TARGET = Target(
    name="sidecar",
    seeds=seeds,
    read=read,
    words=(
        b"NaN", b"Infinity", b"1e999", b"null", b"true", b"[[", b"{", b'"FlipAngle"',
        b'"FrameTimesStart"', b'"VolumeTiming"', b'"InjectionFrame"', b"9" * 40, b"\\ud800",
    ),
)  # fmt: skip
