"""Wall-clock time of a call, as Table I needs it."""

from collections.abc import Callable
from math import inf
from time import perf_counter

_WARM_UP = 3


def milliseconds(work: Callable[[], object], seconds: float = 1.0, least: int = 5) -> float:
    """Time of the fastest run of `work` [ms], of as many as `seconds` hold but `least` at any rate.

    The fastest, since whatever else the machine does can only make a run slower. The first runs,
    which fill caches and start threads, do not count.
    """
    for _ in range(_WARM_UP):
        work()
    fastest, runs = inf, 0
    end = perf_counter() + seconds
    while runs < least or perf_counter() < end:
        start = perf_counter()
        work()
        fastest = min(fastest, perf_counter() - start)
        runs += 1
    return 1e3 * fastest
