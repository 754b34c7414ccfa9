"""Workers that SLURM starts, as dask-jobqueue asks it to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dask import config
from distributed import Client
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gadmap.cohort.workers import CONFIG
from gadmap.untrusted import toml_file


class SlurmRecipe(BaseModel):
    """What to ask SLURM for, as a person writes it in a TOML file.

    Attributes
    ----------
    jobs
        How many jobs at most.
    cores, memory, walltime
        Of a job: 8, "16GB", "04:00:00". Each core maps one examination at a time.
    queue, account
        As `sbatch --partition` and `--account`.
    directives
        Further lines after `#SBATCH`.
    prologue
        Lines of shell that run in a job before its worker, "module load python".
    interface
        Network device that workers reach this machine by, "ib0".
    log_directory
        Where jobs write what they say.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    jobs: int = Field(ge=1)
    cores: int = Field(default=1, ge=1)
    memory: str = "8GB"
    walltime: str = "04:00:00"
    queue: str | None = None
    account: str | None = None
    directives: tuple[str, ...] = ()
    prologue: tuple[str, ...] = ()
    interface: str | None = None
    log_directory: str | None = None

    def job(self) -> dict[str, Any]:
        """The same as dask-jobqueue's options of a job."""
        return {
            "cores": self.cores,
            "processes": self.cores,
            "memory": self.memory,
            "walltime": self.walltime,
            "queue": self.queue,
            "account": self.account,
            "job_extra_directives": list(self.directives),
            "job_script_prologue": [
                "export OMP_NUM_THREADS=1 NUMBA_NUM_THREADS=1 MKL_NUM_THREADS=1",
                "export DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED=False",
                *self.prologue,
            ],
            "interface": self.interface,
            "log_directory": self.log_directory,
        }

    def _cluster(self) -> Any:
        try:
            from dask_jobqueue.slurm import SLURMCluster
        except ImportError as error:
            raise ValueError(
                "--slurm needs dask-jobqueue, which is not installed; expected "
                "pip install 'gadmap[slurm]'"
            ) from error
        return SLURMCluster(
            **self.job(),
            shared_temp_directory=str(Path.cwd()),
            security=True,
            scheduler_options={"dashboard_address": "127.0.0.1:0"},
        )

    @contextmanager
    def client(self) -> Iterator[Client]:
        """A client of the jobs, which are cancelled when it ends.

        Raises
        ------
        ValueError
            If dask-jobqueue is not installed.
        """
        with config.set(CONFIG), self._cluster() as cluster:
            cluster.scale(jobs=self.jobs)
            with Client(cluster) as client:
                yield client


def slurm_recipe(file: Path) -> SlurmRecipe:
    """The recipe in a TOML file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not TOML, or asks for something unknown or impossible.
    """
    if not file.is_file():
        raise FileNotFoundError(f"{file.name}: no such file; expected a TOML file with jobs = 10")
    try:
        return SlurmRecipe.model_validate(toml_file(file))
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise ValueError(f"{file.name}: {'; '.join(faults)}") from error
