"""NIfTI: the dynamic series, plain or compressed, and a volume on its grid."""

import gzip
from pathlib import Path
from tempfile import TemporaryDirectory

import nibabel as nib
import numpy as np

from fuzz.case import small_series
from fuzz.target import Target
from gadmap.io import describe, read_series, read_volume

_SIDECAR = (
    b'{"FrameTimesStart": [0, 5, 10.5, 15, 22], "RepetitionTimeExcitation": 0.005, "FlipAngle": 20}'
)
_GZIP = b"\x1f\x8b"
_PACK = 0x01  # first byte of what is compressed before it is read, so that a fuzzer sees inside


def _file(image: nib.Nifti1Image | nib.Nifti2Image) -> bytes:
    with TemporaryDirectory() as folder:
        nib.save(image, Path(folder) / "a.nii")
        return (Path(folder) / "a.nii").read_bytes()


def seeds() -> list[bytes]:
    """Series and volume, of several types of sample, with an extension, plain and compressed."""
    series = small_series()
    signal, affine = series.signal, series.affine
    whole = nib.Nifti1Image(signal.astype(np.int16), affine)
    scaled = nib.Nifti1Image(signal.astype(np.uint8), affine)
    scaled.header.set_slope_inter(0.5, 1)
    extended = nib.Nifti1Image(signal, affine)
    extended.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"a word"))
    plain = [
        _file(whole),
        _file(scaled),
        _file(extended),
        _file(nib.Nifti2Image(signal.astype(np.float64), affine)),
        _file(nib.Nifti1Image(signal[..., 0], affine)),
    ]
    packed = [bytes([_PACK]) + content for content in plain]
    return [
        *plain,
        *packed,
        gzip.compress(plain[0], mtime=0),
        gzip.compress(b"\0" * 10_000_000, mtime=0),
    ]


def read(data: bytes, folder: Path) -> None:
    """Describe the file, read it as a series, and as a volume on a series' grid."""
    ending = ".nii"
    if data[:1] == bytes([_PACK]):
        data, ending = gzip.compress(data[1:], 1, mtime=0), ".nii.gz"
    elif data[:2] == _GZIP:
        ending = ".nii.gz"
    file = folder / f"dce{ending}"
    (folder / "dce.json").write_bytes(_SIDECAR)
    file.write_bytes(data)
    try:
        describe(file)
        read_series(file)
    except ValueError:  # it may be a volume
        read_volume(file, small_series(), "mask")
    finally:
        file.unlink()


TARGET = Target(
    name="nifti",
    seeds=seeds,
    read=read,
    words=(
        b"n+1\0",
        b"ni1\0",
        b"n+2\0\r\n\x1a\n",
        b"\xff\x7f\xff\x7f\xff\x7f\xff\x7f",
        b"\x1f\x8b",
    ),
)
