"""What SLURM is asked for is what the recipe says."""

import pytest
from dask_jobqueue.slurm import SLURMJob

from gadmap.cohort import SlurmRecipe, slurm_recipe

TEXT = """
jobs = 20
cores = 4
memory = "16GB"
walltime = "02:00:00"
queue = "short"
account = "trial"
directives = ["--constraint=avx2"]
prologue = ["module load python/3.11"]
"""


def recipe(tmp_path, text):
    file = tmp_path / "slurm.toml"
    file.write_text(text)
    return slurm_recipe(file)


def test_a_job_is_as_the_recipe_says(tmp_path):
    found = recipe(tmp_path, TEXT)
    assert (found.jobs, found.cores) == (20, 4)
    job = SLURMJob("tls://10.0.0.1:8786", name="1", protocol="tls://", **found.job())
    script = job.job_script()
    lines = script.splitlines()
    for wanted in (
        "#SBATCH -p short",
        "#SBATCH -A trial",
        "#SBATCH --cpus-per-task=4",
        "#SBATCH --mem=15G",
        "#SBATCH -t 02:00:00",
        "#SBATCH --constraint=avx2",
        "module load python/3.11",
    ):
        assert wanted in lines, script
    worker = next(line for line in lines if "distributed.cli.dask_worker" in line)
    assert "--nworkers 4" in worker
    assert "--nthreads 1" in worker
    assert "tls://" in worker


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cores = 4", "jobs: Field required"),
        ("jobs = 0", "jobs: Input should be greater than or equal to 1"),
        ("jobs = 1\nqueues = 'x'", "queues: Extra inputs are not permitted"),
        ("jobs = ", "not a TOML file"),
    ],
)
def test_a_recipe_that_cannot_be_meant_is_refused_in_one_line(tmp_path, text, message):
    with pytest.raises(ValueError, match=r"slurm\.toml: ") as caught:
        recipe(tmp_path, text)
    assert message in str(caught.value)
    with pytest.raises(FileNotFoundError, match="expected a TOML file"):
        slurm_recipe(tmp_path / "none.toml")
    assert SlurmRecipe(jobs=1).cores == 1
