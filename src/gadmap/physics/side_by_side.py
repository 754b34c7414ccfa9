"""Pieces of work side by side, one thread each.

Torch's own threads share every single operation, which costs more than it brings on pieces that
fit the cache, and far more where the machine is busy.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, islice
from typing import TypeVar

import torch

Piece = TypeVar("Piece")
Result = TypeVar("Result")


@contextmanager
def one_thread() -> Iterator[int]:
    """Torch with one thread an operation; gives the number it may use otherwise."""
    allowed = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield allowed
    finally:
        torch.set_num_threads(allowed)


def side_by_side(
    work: Callable[[Piece], Result], pieces: Iterable[Piece]
) -> Iterator[tuple[Piece, Result]]:
    """Every piece and the result of `work` on it, in order.

    As many run at once as torch may use threads, and each is given one. Of results that nobody has
    taken yet there are at most as many again.
    """
    with one_thread() as allowed:
        rest = iter(pieces)
        first = list(islice(rest, 2))
        if min(allowed, len(first)) < 2:
            yield from one_by_one(work, chain(first, rest))
            return
        with ThreadPoolExecutor(allowed) as pool:
            ahead: deque[tuple[Piece, Future[Result]]] = deque()
            for piece in chain(first, rest):
                ahead.append((piece, pool.submit(work, piece)))
                if len(ahead) == 2 * allowed:
                    piece, result = ahead.popleft()
                    yield piece, result.result()
            for piece, result in ahead:
                yield piece, result.result()


def one_by_one(
    work: Callable[[Piece], Result], pieces: Iterable[Piece]
) -> Iterator[tuple[Piece, Result]]:
    """The same, one at a time: for a device that has threads of its own."""
    return ((piece, work(piece)) for piece in pieces)
