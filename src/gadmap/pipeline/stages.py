"""How long each stage of a command took."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import perf_counter

Progress = Callable[[int, int], None]
"""Called with the work done and the whole of it."""

Watch = Callable[[str], AbstractContextManager[Progress | None]]
"""From a stage's name to what shows its progress while it runs."""


def unwatched(name: str) -> AbstractContextManager[Progress | None]:  # noqa: ARG001
    """Show nothing."""
    return nullcontext()


class Stages:
    """Recorder of the seconds that each stage took, in the order in which they ran.

    Attributes
    ----------
    seconds
        Stage to wall-clock time [s].
    """

    def __init__(self, watch: Watch = unwatched) -> None:
        self.seconds: dict[str, float] = {}
        self._watch = watch

    @contextmanager
    def stage(self, name: str) -> Iterator[Progress | None]:
        """Time what runs inside, and show its progress."""
        start = perf_counter()
        with self._watch(name) as progress:
            yield progress
        self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - start
