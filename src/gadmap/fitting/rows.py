"""How many curves are fitted at a time: what fits the cache, or the memory of another device."""

from math import ceil

import torch
from torch import Tensor

from gadmap.physics.device import CPU, free_memory

FEWEST = 1 << 10  # fewer are not worth another thread
MOST_ELSEWHERE, FEWEST_ELSEWHERE = 1 << 20, 1 << 12
UNTOLD = 1 << 30  # bytes, of a device that does not tell what is free
SHARE = 0.5  # of the free memory; the rest is for what torch keeps and for others
COPIES, COPIES_BY_STEPS = 12, 320  # of a curve's samples and products that are there at once


def rows_of_chunks(count: int, largest: int, columns: Tensor, *, by_steps: bool) -> list[slice]:
    """Rows of each chunk of `count` curves.

    On the CPU as large as may be, `largest`, but enough of them for every thread; on another device
    as large as its memory allows.

    Parameters
    ----------
    columns
        (column, time) that every curve is multiplied with; lies where it will be.
    by_steps
        Whether something of the input is fitted too, by steps.
    """
    if columns.device.type == CPU:
        size = min(max(ceil(count / torch.get_num_threads()), FEWEST), largest)
    else:
        free = free_memory(columns.device) or UNTOLD
        a_curve = (
            (COPIES_BY_STEPS if by_steps else COPIES) * sum(columns.shape) * columns.element_size()
        )
        size = min(max(int(SHARE * free) // a_curve, FEWEST_ELSEWHERE), MOST_ELSEWHERE)
    return [slice(first, first + size) for first in range(0, max(count, 1), size)]
