"""What the image panes show, as uncompressed NIfTI files in memory."""

import io
from math import ceil, sqrt

import nibabel as nib
import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from gadmap.viewer.results import Results

_BODY = 0.35  # gray of the mapped voxels where there is no image
_SHEET_QUALITY = 75


def frame_file(results: Results, index: int) -> bytes:
    """A frame of the series [a.u.].

    Raises
    ------
    KeyError
        If there is none of that index.
    """
    exam = results.exam
    if exam is None or not 0 <= index < exam.series.t.size:
        raise KeyError(f"no frame {index}")
    return nifti_bytes(exam.series.signal[..., index], results.affine)


def sheet_file(volume: Float[np.ndarray, "x y z"], white: float) -> bytes:
    """An image of all slices for an exported page: 8 bits from 0 to `white`, lossy.

    Slices lie in rows from the first, `sheet_columns` of them in each; x runs across, y down.
    """
    gray = np.clip(np.nan_to_num(volume) * (255 / white), 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(_sheet(gray)).save(buffer, "WEBP", quality=_SHEET_QUALITY, method=2)
    return buffer.getvalue()


def sheet_columns(slices: int) -> int:
    """Slices in a row of such an image, which is about as wide as it is high."""
    return ceil(sqrt(slices))


def _sheet(volume: UInt8[np.ndarray, "x y z"]) -> UInt8[np.ndarray, "row column"]:
    x, y, z = volume.shape
    columns = sheet_columns(z)
    sheet = np.zeros((ceil(z / columns) * y, columns * x), dtype=np.uint8)
    for k in range(z):
        row, column = divmod(k, columns)
        sheet[row * y : (row + 1) * y, column * x : (column + 1) * x] = volume[..., k].T
    return sheet


def anatomy_file(results: Results) -> bytes:
    """The mean image before contrast; without an examination, where the maps hold estimates."""
    return nifti_bytes(anatomy(results), results.affine)


def anatomy(results: Results) -> Float[np.ndarray, "x y z"]:
    """Samples of that image [a.u.]."""
    exam = results.exam
    if exam is None:
        return np.where(results.shown[0].maps.valid, np.float32(_BODY), np.float32(0))
    return exam.series.signal[..., : exam.baseline_frames].mean(axis=-1, dtype=np.float32)


def brightness(results: Results) -> float:
    """Signal [a.u.] that is shown white: few voxels of the last frame are brighter."""
    exam = results.exam
    if exam is None:
        return 1.0
    last = exam.series.signal[..., -1]
    bright = last[np.isfinite(last) & (last > 0)]
    return float(np.percentile(bright, 99.5)) if bright.size else 1.0


def map_file(results: Results, estimate: int, name: str, *, error: bool = False) -> bytes:
    """A map, or that of its standard error, in the quantity's unit; NaN where not estimated.

    Raises
    ------
    KeyError
        If there is no such estimate or map.
    """
    if not 0 <= estimate < len(results.shown):
        raise KeyError(f"no estimate {estimate}")
    maps = results.shown[estimate].maps
    volume = (maps.standard_error if error else maps.values)[name]
    return nifti_bytes(np.where(maps.valid, volume, np.nan), results.affine)


def nifti_bytes(volume: Float[np.ndarray, "x y z"], affine: Float[np.ndarray, "4 4"]) -> bytes:
    """A NIfTI file of float32 samples."""
    image = nib.Nifti1Image(volume.astype(np.float32), affine)
    image.header.set_xyzt_units("mm", "sec")  # type: ignore[no-untyped-call]
    return image.to_bytes()
