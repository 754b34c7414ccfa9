"""Where a cohort is worked on: processes of this machine, or a Dask scheduler that runs already."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Protocol, runtime_checkable

from dask import config
from distributed import Client, LocalCluster, Security

CONFIG: dict[str, Any] = {
    # Who was with a worker when it died is tried again by the run itself, alone.
    "distributed.scheduler.allowed-failures": 0,
    # Dask's own pages have no token: none is served.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.comm.timeouts.connect": "10s",
    # It samples the stack a hundred times a second and keeps what it saw for an hour: 0.4 MiB/s.
    "distributed.worker.profile.enabled": False,
    # A thread for each examination: many of them at once fill the cores better than one.
    "distributed.nanny.pre-spawn-environ.NUMBA_NUM_THREADS": 1,
    # With Dask's value glibc maps each array anew, page by page, and never learns to keep its room.
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
    # Of a worker's own warnings none is meant for who runs a cohort.
    "logging.distributed": "critical",
}

_WORKER_PATIENCE = 60.0  # s


@runtime_checkable
class Workers(Protocol):
    """What does the work of a cohort."""

    def client(self) -> AbstractContextManager[Client]:
        """A Dask client; what was started for it ends with it."""
        ...


@dataclass(frozen=True)
class LocalWorkers:
    """Processes of this machine.

    They listen on the loopback device only, and only to who has the certificate that is made for
    the run: another user of the machine cannot join.
    """

    count: int

    @contextmanager
    def client(self) -> Iterator[Client]:
        """A client of processes that end with it, at once even where they are at work."""
        with (
            config.set(CONFIG),
            tempfile.TemporaryDirectory(prefix="gadmap-") as scratch,
        ):
            cluster = LocalCluster(
                n_workers=self.count,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                protocol="tls://",
                security=Security.temporary(),
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
                local_directory=scratch,
                memory_limit=0,  # what an examination needs is not known before
            )
            try:
                with Client(cluster) as client:
                    yield client
            finally:
                _end(cluster)


@dataclass(frozen=True)
class SchedulerWorkers:
    """Workers of a scheduler that runs already, "tcp://host:8786", or "tls://" as Dask has it."""

    address: str

    @contextmanager
    def client(self) -> Iterator[Client]:
        """A client of that scheduler, which goes on when the client ends.

        Raises
        ------
        OSError
            If there is none.
        """
        with config.set(CONFIG):
            try:
                client = Client(self.address)
            except (OSError, ValueError) as error:
                raise ConnectionError(
                    f"{self.address}: no scheduler answers ({' '.join(str(error).split())})"
                ) from error
            with client:
                _require_same_gadmap(client, self.address)
                yield client


def _require_same_gadmap(client: Client, address: str) -> None:
    """Raise unless the workers have this version of gadmap; whatever they lack, this runs there."""
    try:
        client.wait_for_workers(1, timeout=_WORKER_PATIENCE)
    except TimeoutError as error:
        raise ConnectionError(
            f"{address}: no worker has joined it in {_WORKER_PATIENCE:.0f} s; start one with "
            f"dask worker {address}"
        ) from error
    ours = version("gadmap")
    found: Any = client.run(version, "gadmap", on_error="return")
    for worker, theirs in found.items():
        if theirs != ours:
            raise ConnectionError(
                f"{address}: worker {worker} has gadmap {theirs}; expected {ours}, as here"
            )


def _end(cluster: LocalCluster) -> None:
    """End the processes without waiting for what they are at."""
    for nanny in cluster.workers.values():
        process = getattr(getattr(nanny, "process", None), "process", None)
        if process is not None and process.is_alive():
            process.kill()
    cluster.close(timeout=3)
