"""Square regions of tissue in a slice."""

from zlib import crc32

import numpy as np
from jaxtyping import Bool, Float, Int


def region_corners(
    inside: Bool[np.ndarray, "x y z"], *, count: int, size: int, tissue: float, seed: int, name: str
) -> Int[np.ndarray, "region 3"]:
    """Lowest x, y and the slice of up to `count` random squares a slice that do not overlap.

    A place is drawn among all that hold at least the share `tissue` of the mask, each as likely as
    the next, so that a tumour is met as often as its area makes it. Fewer are found where the
    tissue has room for no more.

    Parameters
    ----------
    name
        The patient's: with `seed` and the slice it makes the random draw, whatever other patients
        there are.
    """
    found: list[tuple[int, int, int]] = []
    for z in range(inside.shape[2]):
        random = np.random.default_rng([seed, crc32(name.encode()), z])
        free = _share(inside[:, :, z], size) >= tissue
        for _ in range(count):
            places = np.argwhere(free)
            if not len(places):
                break
            x, y = (int(i) for i in places[random.integers(len(places))])
            found.append((x, y, z))
            free[max(x - size + 1, 0) : x + size, max(y - size + 1, 0) : y + size] = False
    return np.array(found, dtype=np.int64).reshape(-1, 3)


def _share(inside: Bool[np.ndarray, "x y"], size: int) -> Float[np.ndarray, "corner_x corner_y"]:
    """Share of the mask in the square at each lowest corner."""
    if min(inside.shape) < size:
        return np.zeros((0, 0))
    total = np.pad(inside.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    count = (
        total[size:, size:] - total[:-size, size:] - total[size:, :-size] + total[:-size, :-size]
    )
    return count / size**2
