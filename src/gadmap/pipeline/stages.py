"""How long each stage of a command took."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from time import perf_counter

Progress = Callable[[int, int], None]
"""Called with the work done and the whole of it."""

NamedProgress = Callable[[str, int, int], None]
"""Called with the stage, the work done and the whole of it."""

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

    @contextmanager
    def split(self, names: Mapping[str, str]) -> Iterator[NamedProgress]:
        """Time what runs inside by the stages that it reports itself.

        `names` gives the words for them; the first is that of the time before any report.
        """
        running, progress = next(iter(names.values())), None
        with ExitStack() as stack:
            progress = stack.enter_context(self.stage(running))

            def report(stage: str, done: int, total: int) -> None:
                nonlocal running, progress
                if names[stage] != running:
                    stack.close()
                    running = names[stage]
                    progress = stack.enter_context(self.stage(running))
                if progress:
                    progress(done, total)

            yield report
