"""`gadmap reproduce` and `gadmap evaluate` from end to end, very small: two networks, three heads.

The first run is killed while it trains the second network, as a machine that goes down would.
"""

import csv
import fcntl
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest

from gadmap.cli import main
from gadmap.evaluation import FIT
from gadmap.pipeline.budgets import BUDGETS, Budget
from gadmap.pipeline.evaluate import evaluate_networks
from gadmap.pipeline.plan import Unit, plan_of
from gadmap.pipeline.reproduce import ReproduceResult, reproduce

pytestmark = pytest.mark.slow

NETWORKS = ("cnn-local", "fcsa-net")
BUDGET = Budget(
    seeds=1,
    whole_slices=1,
    networks=NETWORKS,
    recipe={"steps": 60, "batch": 4, "slices": 2, "validate_every": 10, "checkpoint_every": 10},
    phantom={"cohort": {"count": 3, "matrix": 64, "slices": 2}, "split": (1, 1, 1)},
)
FIRST, SECOND = (Unit(network=name, seed=0) for name in NETWORKS)
RUN = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_reproduce import BUDGET
from gadmap.pipeline.reproduce import reproduce
if __name__ == "__main__":
    reproduce(Path(sys.argv[1]), budget=BUDGET, jobs=1)
"""
PATIENCE = 300.0  # s


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reproduction that was killed while the second network was being trained."""
    out = tmp_path_factory.mktemp("paper") / "out"
    plan = plan_of(out, "phantom", BUDGET, 0)
    script = out.parent / "run.py"
    script.write_text(RUN, encoding="utf-8")
    command = [sys.executable, str(script), str(out), str(Path(__file__).parent)]
    with subprocess.Popen(command) as process:
        end = monotonic() + PATIENCE
        while not (plan.training(SECOND) / "checkpoint.safetensors").exists():
            assert process.poll() is None, "ended too early"
            assert monotonic() < end, "nothing happened"
            sleep(0.02)
        process.send_signal(signal.SIGKILL)
    return out


@pytest.fixture(scope="module")
def before(killed: Path) -> dict[str, object]:
    """What lay there, once the orphaned training has noticed and ended."""
    plan = plan_of(killed, "phantom", BUDGET, 0)
    curve = plan.training(SECOND) / "curve.csv"
    size = -1
    while size != (size := curve.stat().st_size):
        sleep(1.0)
    return {
        "weights": plan.weights(FIRST).stat().st_mtime_ns,
        "scores": plan.scores(FIRST).stat().st_mtime_ns,
        "second": plan.weights(SECOND).exists(),
        "curve": curve.read_text(encoding="utf-8"),
    }


@pytest.fixture(scope="module")
def continued(killed: Path, before: dict[str, object]) -> ReproduceResult:
    """The same call again."""
    return reproduce(killed, budget=BUDGET, jobs=2)


def table(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))


def test_what_was_finished_is_kept_and_what_was_half_done_goes_on(killed, before, continued):
    plan = plan_of(killed, "phantom", BUDGET, 0)
    assert not before["second"]
    assert plan.weights(FIRST).stat().st_mtime_ns == before["weights"]
    assert plan.scores(FIRST).stat().st_mtime_ns == before["scores"]
    assert (continued.found, continued.trained, continued.failures) == (1, 1, ())
    now = (plan.training(SECOND) / "curve.csv").read_text(encoding="utf-8").splitlines()
    earlier = str(before["curve"]).splitlines()
    assert len(earlier) >= 2
    assert now[:2] == earlier[:2]  # the first point, with the seconds of the first run
    assert now[-1].startswith("60,")


def test_a_finished_reproduction_redoes_nothing(killed, continued):
    plan = plan_of(killed, "phantom", BUDGET, 0)
    kept = [plan.weights(unit) for unit in plan.units] + [plan.scores(u) for u in plan.units]
    kept += list(plan.cache.iterdir())
    times = [file.stat().st_mtime_ns for file in kept]
    again = reproduce(killed, budget=BUDGET)
    assert (again.found, again.trained) == (2, 0)
    assert [file.stat().st_mtime_ns for file in kept] == times


def test_the_page_and_the_tables_hold_every_row(killed, continued):
    page = (killed / "paper.html").read_text(encoding="utf-8")
    for label in ("CNN(L)", "FCSA-net", "exact fit", "Figure 6"):
        assert label in page
    rows = table(killed / "table2.csv")
    assert {row["network"] for row in rows} == set(NETWORKS)
    assert next(r["paper_value"] for r in rows if r["metric"] == "ssim") == "0.869"
    costs = table(killed / "table1.csv")
    assert [row["estimator"] for row in costs] == [FIT, *NETWORKS]
    assert all(float(row["ms"]) > 0 for row in costs)
    record = json.loads((killed / "results.json").read_text(encoding="utf-8"))
    assert {one["name"] for one in record["scores"]} == {*NETWORKS, FIT}
    assert record["weights"] == {"cnn-local": 59041, "fcsa-net": 186877}
    assert "phantoms" in record["data"][0]
    assert str(killed.parent) not in json.dumps(record) + page


def test_each_case_has_every_network_s_map(continued):
    (case,) = continued.results.cases
    assert set(case.estimates) == set(NETWORKS)
    assert all(one.shape == case.fit.shape for one in case.estimates.values())


def test_a_training_that_fails_is_a_row_with_its_reason_and_the_others_stand(
    killed, continued, tmp_path
):
    out = tmp_path / "copy"
    shutil.copytree(killed, out)
    plan = plan_of(out, "phantom", BUDGET, 0)
    plan.weights(SECOND).unlink()
    (plan.training(SECOND) / "checkpoint.safetensors").write_bytes(b"not a checkpoint")
    said: list[str] = []
    again = reproduce(out, budget=BUDGET, say=said.append)
    (failure,) = again.failures
    assert failure.network == "fcsa-net"
    assert "checkpoint.safetensors" in failure.reason
    assert failure.reason in said[0]
    assert "checkpoint.safetensors" in (out / "paper.html").read_text(encoding="utf-8")
    assert {row.name for row in again.results.rows("fit").values()} == {"cnn-local"}


def test_another_plan_in_the_same_folder_is_refused(killed, continued):
    with pytest.raises(FileExistsError, match="seed was 0 and is now 1"):
        reproduce(killed, budget=BUDGET, seed=1)
    with pytest.raises(ValueError, match="there are quick, standard, paper"):
        reproduce(killed, budget="huge")


def test_files_of_something_else_are_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("precious", encoding="utf-8")
    with pytest.raises(FileExistsError, match=r"thesis\.tex"):
        reproduce(tmp_path, budget=BUDGET)
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.tex"]


def test_two_runs_do_not_share_a_folder(killed, continued):
    with (killed / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ValueError, match="another gadmap reproduce"):
            reproduce(killed, budget=BUDGET)


def test_evaluating_the_weights_again_gives_the_same_scores(killed, continued, tmp_path):
    """Test patients are those that no file has seen: here just the split's."""
    plan = plan_of(killed, "phantom", BUDGET, 0)
    weights = [plan.weights(unit) for unit in plan.units]
    found = evaluate_networks(
        weights, "phantom", tmp_path / "out", cache=plan.cache, whole_slices=1
    )
    kept = {one.name: one.record() for one in continued.results.scores}
    for one in found.scores:
        assert one.record()["found"].keys() == kept[one.name]["found"].keys()
        for key, patients in one.record()["found"].items():
            for patient, sums in patients.items():
                assert sums == pytest.approx(kept[one.name]["found"][key][patient], rel=1e-4)
    assert "1 phantom that no file was trained or chosen on" in found.remarks
    assert {file.name for file in found.files} == {"scores.csv", "differences.csv", "scores.json"}


def test_weights_on_other_scales_are_not_compared(killed, continued, tmp_path):
    from dataclasses import replace

    from gadmap.networks.checkpoint import read_network, write_network

    plan = plan_of(killed, "phantom", BUDGET, 0)
    one = read_network(plan.weights(FIRST))
    other = write_network(
        tmp_path / "other.safetensors", replace(one, scales={"ktrans": 2 * one.scales["ktrans"]})
    )
    with pytest.raises(ValueError, match=r"other\.safetensors: scales .* only networks trained"):
        evaluate_networks([plan.weights(FIRST), other], "phantom", cache=plan.cache)
    with pytest.raises(ValueError, match="of the same training"):
        evaluate_networks([plan.weights(FIRST)] * 2, "phantom", cache=plan.cache)
    silent = write_network(tmp_path / "silent.safetensors", replace(one, provenance={"recipe": {}}))
    with pytest.raises(ValueError, match="does not tell seen"):
        evaluate_networks([silent], "phantom", cache=plan.cache)


def test_the_command_says_the_table(killed, continued, monkeypatch, capsys):
    plan = plan_of(killed, "phantom", BUDGET, 0)
    arguments = ["evaluate", *(str(plan.weights(u)) for u in plan.units), "--data", "phantom"]
    monkeypatch.setattr(sys, "argv", ["gadmap", *arguments, "--cache", str(plan.cache)])
    with pytest.raises(SystemExit) as end:
        main()
    said = capsys.readouterr()
    assert (end.value.code or 0, said.err) == (0, "")
    for word in ("CNN(L)", "FCSA-net", "SSIM to the fit", "RMSE to the truth", "exact fit"):
        assert word in said.out


def test_budgets_make_recipes_of_every_row():
    for name, budget in BUDGETS.items():
        assert len(budget.networks) == 10
        phantom = budget.recipe_for(phantom=True, seed=5)
        assert phantom.cohort.seed == 5
        assert sum(phantom.split) == phantom.cohort.count
        real = budget.recipe_for(phantom=False, seed=5)
        assert real.split == (12, 2, 5)
        assert real.steps == {"quick": 60, "standard": 2000, "paper": 20000}[name]
