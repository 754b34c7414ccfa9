"""Pieces of work side by side, one thread each.

Torch's own threads share every single operation, which costs more than it brings on pieces that
fit the cache, and far more where the machine is busy.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def side_by_side(
    work: Callable[[Piece], Result], pieces: Sequence[Piece]
) -> Iterator[tuple[Piece, Result]]:
    """Every piece and the result of `work` on it, in order.

    As many run at once as torch may use threads, and each is given one: the operations on a piece
    are too short to share.
    """
    allowed = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        if min(allowed, len(pieces)) < 2:
            yield from ((piece, work(piece)) for piece in pieces)
        else:
            with ThreadPoolExecutor(allowed) as pool:
                ahead = deque((piece, pool.submit(work, piece)) for piece in pieces)
                while ahead:
                    piece, result = ahead.popleft()
                    yield piece, result.result()
    finally:
        torch.set_num_threads(allowed)
