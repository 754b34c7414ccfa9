"""NIfTI headers that anyone may have written: believed as far as the file bears them out.

What a header declares is compared with the size of the file before a byte is allocated for it.
Extensions are never read: they hold DICOM, XML and free text, and nothing that a map needs.
"""

import gzip
import struct
from math import prod
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from nibabel.arrayproxy import ArrayProxy
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError

_KINDS = {
    (348, b"n+1\0", 344): nib.Nifti1Image,
    (540, b"n+2\0", 4): nib.Nifti2Image,
}
"""Header's size in bytes, its mark and the place of that, to the kind of file."""

_LONGEST_HEAD = 16 * 2**20  # bytes; extensions of real files have kilobytes
_DEFLATE = 1032  # the most that deflate packs into a byte
_DENSE, _DENSE_BYTES = 256, 2**30  # real images of that many bytes are not packed so densely
_MOST_AFTER = 2**20  # bytes after the samples
_DAMAGE = (
    ImageFileError, HeaderDataError, ValueError, OverflowError, KeyError, TypeError, IndexError,
    struct.error,
)  # fmt: skip


def guarded_image(path: Path) -> Any:
    """Header of a NIfTI file whose samples may well be there; they stay in the file.

    Raises
    ------
    ValueError
        If it is no NIfTI file, or declares more than it can hold.
    """
    with opened(path) as stream:
        kind, block = _head(stream, path)
    try:
        header = kind.header_class(block)
        shape = tuple(int(n) for n in header.get_data_shape())
        samples = prod(shape) * header.get_data_dtype().itemsize
        offset = int(header.get_data_offset())
        if header.get_data_dtype().kind in "iufb":
            header.get_slope_inter()
        header.get_xyzt_units()
        image = kind(ArrayProxy(str(path), header.copy()), header.get_best_affine(), header)
    except _DAMAGE as error:
        line = " ".join(str(error).split())
        raise ValueError(f"{path.name}: not readable as NIfTI ({line})") from error
    if not shape or min(shape) < 1:
        raise ValueError(f"{path.name}: shape {shape}; expected 1 or more voxels along each axis")
    if not len(block) <= offset <= _LONGEST_HEAD:
        raise ValueError(
            f"{path.name}: samples start at byte {offset}; expected {len(block)} to {_LONGEST_HEAD}"
            ". Is the header damaged?"
        )
    _require_room(path, shape, samples, offset)
    return image


def streamed(image: Any, stream: Any) -> Any:
    """The same image with its samples in a stream of the unpacked file."""
    place = image.dataobj
    spec = (place.shape, place.dtype, place.offset, place.slope, place.inter)
    return type(image)(ArrayProxy(stream, spec), image.affine, image.header)  # type: ignore[arg-type]


def opened(path: Path) -> Any:
    """The bytes of a file, unpacked where it is compressed."""
    return gzip.open(path) if path.name.endswith(".gz") else path.open("rb")


def require_little_after(stream: Any) -> None:
    """Read a compressed stream to its end, where its checksum stands.

    Raises
    ------
    ValueError
        If it goes on where the samples should end.
    """
    after = 0
    while piece := stream.read(_MOST_AFTER):
        after += len(piece)
        if after > _MOST_AFTER:
            raise ValueError("it unpacks to more than its header declares")


def filled(image: Any) -> np.ndarray:
    """Samples with the header's scaling, float32; memory is that of the result and one frame."""
    result = np.empty(image.shape, np.float32, order="F")
    for index in range(image.shape[-1]):
        result[..., index] = image.dataobj[..., index]
    return result


def _head(stream: Any, path: Path) -> tuple[Any, bytes]:
    head = stream.read(max(size for size, _, _ in _KINDS))
    for (size, mark, place), kind in _KINDS.items():
        marked = head[place : place + 4] == mark
        if marked and size in (struct.unpack(f"{order}i", head[:4])[0] for order in "<>"):
            if len(head) >= size:
                return kind, head[:size]
            break
    raise ValueError(f"{path.name}: not readable as NIfTI; expected a header of NIfTI-1 or -2")


def _require_room(path: Path, shape: tuple[int, ...], samples: int, offset: int) -> None:
    """Raise ValueError unless the file can hold so many bytes of samples."""
    size, needed = path.stat().st_size, offset + samples
    grid = " x ".join(map(str, shape))
    if not path.name.endswith(".gz"):
        if size < needed:
            raise ValueError(
                f"{path.name}: {size} bytes; its header declares {grid} samples, which need "
                f"{needed}. Damaged or cut short; copy it again"
            )
    elif needed > _DEFLATE * size:
        raise ValueError(
            f"{path.name}: {size} bytes; its header declares {grid} samples, {needed} bytes, and "
            "no compressed file holds so many in so few. Damaged or cut short; copy it again"
        )
    elif samples > max(_DENSE_BYTES, _DENSE * size):
        raise ValueError(
            f"{path.name}: {size} bytes that unpack to {needed}, {needed // size} times as many; "
            f"no image is so dense. If it is one, unpack it first: gunzip --keep {path.name}"
        )
