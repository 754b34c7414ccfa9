"""Stored samples to signal: slope * stored + intercept, straight into the result."""

from collections.abc import Iterator, Sequence

import numpy as np
import pydicom
from jaxtyping import Float

from gadmap.data.scratch import in_memory, let_go
from gadmap.io.dicom_slice import Samples, Slice
from gadmap.io.room import Room
from gadmap.untrusted import by_name


def read_signal(
    frames: Sequence[Sequence[Slice]], room: Room = in_memory
) -> Float[np.ndarray, "x y z time"]:
    """Signal of images given as frames of slices; x runs along a row, y down the rows.

    Memory is that of one file beside the result, which `room` gives. In it, x is the fastest axis,
    as in the files.
    """
    rows, columns = frames[0][0].samples.shape
    result = room((columns, rows, len(frames[0]), len(frames)))
    signal = result.T
    compressed: dict[Samples, list[tuple[int, int]]] = {}
    for k, frame in enumerate(frames):
        for z, image in enumerate(frame):
            if image.samples.offset is None:
                compressed.setdefault(image.samples, []).append((k, z))
            else:
                _scale(_stored(image), image, signal[k, z])
        let_go(result)
    for samples, places in compressed.items():
        wanted = {frames[k][z].frame: (k, z) for k, z in places}
        for index, stored in _decoded(samples):
            if index in wanted:
                k, z = wanted[index]
                _scale(stored, frames[k][z], signal[k, z])
                let_go(result)
    return result


def _scale(stored: np.ndarray, image: Slice, out: Float[np.ndarray, "row column"]) -> None:
    np.multiply(stored, np.float32(image.slope), out=out, casting="unsafe")
    if image.intercept:
        out += np.float32(image.intercept)


def _stored(image: Slice) -> np.ndarray:
    samples = image.samples
    assert samples.offset is not None
    count = samples.shape[0] * samples.shape[1]
    offset = samples.offset + image.frame * count * samples.dtype.itemsize
    with by_name(samples.path, samples.name):
        stored = np.fromfile(samples.path, samples.dtype, count, offset=offset)
    if stored.size < count:
        raise ValueError(f"{samples.name}: cut short since its header was read; copy it again")
    return stored.reshape(samples.shape)


def _decoded(samples: Samples) -> Iterator[tuple[int, np.ndarray]]:
    """Index and samples of each image of a compressed file."""
    try:
        for index, stored in enumerate(pydicom.iter_pixels(samples.path, raw=True)):
            if stored.shape != samples.shape:
                raise ValueError(f"an image of {stored.shape}")
            yield index, stored
    except BaseException as error:
        # a decoder that is written in Rust panics with what is no Exception
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise ValueError(
            f"{samples.name}: samples are compressed ({samples.syntax}) and cannot be decoded here;"
            " they are damaged, or the decoders are missing: pip install gadmap[compressed]"
        ) from None
