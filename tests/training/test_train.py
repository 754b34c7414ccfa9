"""Laws of a training: it learns, it can be killed, several processes share it, it is refused."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from run_small import run
from small_patients import small_recipe

from gadmap.training.curve import Point, add_point, cut_curve, read_curve
from gadmap.training.module import learning_rate
from gadmap.training.snapshot import read_snapshot
from gadmap.training.train import require_same

HERE = Path(__file__).parent


def equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def subprocess_of(folder: Path, choices: dict[str, object], *more: str) -> subprocess.Popen[str]:
    """The same training in a process of its own."""
    command = [sys.executable, str(HERE / "run_small.py"), str(folder), json.dumps(choices), *more]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, torch.Tensor]]:
    """A training that ran through, and its weights."""
    folder = tmp_path_factory.mktemp("straight")
    torch.set_num_threads(1)
    return folder, run(folder, {"steps": 60}, resume=False)


@pytest.mark.parametrize(
    ("network", "choices"),
    [
        ("cnn-local", {"learning_rate": 2e-3}),
        ("cnn-local", {"learning_rate": 2e-3, "precision": "bf16-mixed"}),
        ("lstm", {"learning_rate": 5e-3}),
        ("lstm", {"learning_rate": 5e-3, "precision": "bf16-mixed"}),
    ],
)
def test_the_loss_falls(network: str, choices: dict[str, object], tmp_path: Path):
    half = choices.get("precision") == "bf16-mixed"
    # PyTorch makes an LSTM in bfloat16 by oneDNN alone, which has none where it has no bfloat16:
    # there training in this precision ends in PyTorch's error, and there is no loss to look at
    if network == "lstm" and half and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        pytest.skip("oneDNN has no LSTM in bfloat16 on this processor")
    steps = {"steps": 100, "validate_every": 20}
    run(tmp_path, {"network": network, **choices, **steps}, resume=False)
    curve = read_curve(tmp_path / "curve.csv")
    assert [point.step for point in curve] == [20, 40, 60, 80, 100]
    assert curve[-1].training < 0.1 * curve[0].training
    assert curve[-1].validation < 0.1 * curve[0].validation


def test_a_killed_training_resumes_to_the_same_weights(straight, tmp_path: Path):
    """SIGKILL at a random moment after the first checkpoint."""
    process = subprocess_of(tmp_path, {"steps": 60})
    checkpoint = tmp_path / "checkpoint.safetensors"
    while not checkpoint.exists() and process.poll() is None:
        time.sleep(0.01)
    time.sleep(torch.rand(()).item() * 0.3)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert 4 <= read_snapshot(checkpoint).step < 60
    resumed = run(tmp_path, {"steps": 60}, resume=True)
    folder, weights = straight
    assert equal(resumed, weights)
    losses = [
        [(point.step, point.training, point.validation) for point in read_curve(part / "curve.csv")]
        for part in (folder, tmp_path)
    ]
    assert losses[0] == losses[1]


def test_a_finished_training_resumes_to_what_it_was(straight):
    folder, weights = straight
    assert equal(run(folder, {"steps": 60}, resume=True), weights)


def test_the_best_weights_are_those_of_the_lowest_look(straight):
    folder, weights = straight
    snapshot = read_snapshot(folder / "checkpoint.safetensors")
    best = min(read_curve(folder / "curve.csv"), key=lambda point: point.validation)
    assert (snapshot.best.step, snapshot.best.loss) == (best.step, best.validation)
    assert equal(weights, dict(snapshot.best.weights))


def test_two_processes_end_where_one_does(tmp_path: Path):
    """Each takes half of every batch, and the mean is over the voxels of both."""
    choices = {"steps": 30, "choose": "last"}
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one = run(tmp_path / "one", choices, resume=False)
    process = subprocess_of(tmp_path / "two", choices | {"devices": 2})
    _, said = process.communicate(timeout=600)
    assert process.returncode == 0, said
    two = read_snapshot(tmp_path / "two" / "checkpoint.safetensors").weights
    for name, tensor in one.items():
        torch.testing.assert_close(two[name], tensor, atol=2e-3, rtol=0)
    curve = read_curve(tmp_path / "two" / "curve.csv")
    assert curve[-1].validation < curve[0].validation


def test_a_checkpoint_of_another_training_is_refused(straight):
    folder, _ = straight
    with pytest.raises(ValueError, match="recipe seed was 0 and is now 1; resume with"):
        run(folder, {"steps": 60, "seed": 1}, resume=True)


def test_what_differs_is_named():
    with pytest.raises(ValueError, match="patients b was None and is now 'x'"):
        require_same({"patients": {"a": "y"}}, {"patients": {"a": "y", "b": "x"}}, "file")


def test_a_damaged_checkpoint_and_a_pickle_are_refused(tmp_path: Path):
    file = tmp_path / "checkpoint.safetensors"
    torch.save({"weights": torch.zeros(3)}, file)
    with pytest.raises(ValueError, match=r"a pickle as torch\.save writes it"):
        read_snapshot(file)


def test_a_training_that_diverges_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr("gadmap.training.module.learning_rate", lambda *_: float("inf"))
    with pytest.raises(ValueError, match="diverged: no finite weights after 12 steps"):
        run(tmp_path, {"choose": "last"}, resume=False)


def test_a_curve_that_was_cut_short_by_a_kill_is_read_up_to_there(tmp_path: Path):
    file = tmp_path / "curve.csv"
    cut_curve(file, 0)
    points = [
        Point(step=step, training=0.1 / step, validation=0.2 / step, seconds=1.0)
        for step in (5, 10, 15)
    ]
    for point in points:
        add_point(file, point)
    with file.open("a") as open_file:
        open_file.write("20,0.0")
    assert read_curve(file) == points
    cut_curve(file, 10)
    assert read_curve(file) == points[:2]


def test_the_cosine_falls_from_the_rate_to_a_hundredth():
    recipe = small_recipe(schedule="cosine", steps=100, learning_rate=1e-3)
    rates = [learning_rate(recipe, step) for step in range(101)]
    assert rates[0] == pytest.approx(1e-3)
    assert rates[-1] == pytest.approx(1e-5)
    assert rates == sorted(rates, reverse=True)
