"""Units side by side, each in a process of its own: one that dies takes no other with it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic, sleep

from gadmap.pipeline.plan import Plan, Unit
from gadmap.training.curve import read_curve

_LOOK_EVERY = 0.5  # s
_GRACE = 10.0  # s
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A unit whose process has ended; `reason` is empty where it succeeded."""

    unit: Unit
    reason: str
    seconds: float


@dataclass(frozen=True)
class _Running:
    unit: Unit
    process: subprocess.Popen[bytes]
    since: float


def finished(plan: Plan, unit: Unit) -> bool:
    """True where neither training nor evaluation is left to do."""
    return plan.weights(unit).exists() and plan.scores(unit).exists()


def run_units(
    plan: Plan, units: Sequence[Unit], jobs: int, watch: Callable[[float], None]
) -> Iterator[Ended]:
    """Each unit as it ends, `jobs` at a time.

    Parameters
    ----------
    watch
        Called now and then with the work done, in units and parts of units.

    Raises
    ------
    OSError
        If no process can be started.
    """
    waiting, done = list(units), 0
    with _processes() as running:
        while waiting or running:
            while waiting and len(running) < jobs:
                running.append(_start(plan, waiting.pop(0)))
            for one in [one for one in running if one.process.poll() is not None]:
                running.remove(one)
                _close(one)
                done += 1
                yield Ended(
                    unit=one.unit, reason=_reason(plan, one), seconds=monotonic() - one.since
                )
            watch(done + sum((_share(plan, one.unit) for one in running), 0.0))
            if running:
                sleep(_LOOK_EVERY)


@contextmanager
def _processes() -> Iterator[list[_Running]]:
    """Processes that end with what runs inside, however that ends."""
    running: list[_Running] = []
    try:
        yield running
    finally:
        for one in running:
            one.process.terminate()
        end = monotonic() + _GRACE
        for one in running:
            try:
                one.process.wait(max(0.0, end - monotonic()))
            except subprocess.TimeoutExpired:
                one.process.kill()
                one.process.wait()
            _close(one)


def _close(one: _Running) -> None:
    """Close our end of a process's standard input."""
    if one.process.stdin:
        one.process.stdin.close()


def _start(plan: Plan, unit: Unit) -> _Running:
    """A process for a unit, one thread, which ends when we do: its standard input is our pipe."""
    with plan.log(unit).open("ab") as log:
        process = subprocess.Popen(  # noqa: S603
            [
                sys.executable,
                "-m",
                "gadmap.pipeline.unit",
                str(plan.out.resolve()),
                plan.data,
                unit.network,
                str(unit.seed),
            ],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=os.environ | dict.fromkeys(_THREADS, "1"),
        )
    return _Running(unit, process, monotonic())


def _reason(plan: Plan, one: _Running) -> str:
    """Why a unit failed: the signal that killed it, or the last line that it printed."""
    code = one.process.returncode
    if code == 0 and finished(plan, one.unit):
        return ""
    if code < 0:
        hint = "; was the memory used up?" if -code == signal.SIGKILL else ""
        return f"killed by {signal.Signals(-code).name}{hint}"
    lines = plan.log(one.unit).read_text(encoding="utf-8", errors="replace").split("\n")
    said = [line.strip() for line in lines if line.strip()]
    return said[-1] if said and code else f"ended with exit code {code} and no result"


def _share(plan: Plan, unit: Unit) -> float:
    """How much of a unit is done, by its training curve."""
    points = read_curve(plan.training(unit) / "curve.csv")
    return min(points[-1].step / plan.recipe.steps, 1.0) if points else 0.0
