"""Laws of training on examinations without labels, from the commands to maps."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import gadmap
from drawn_networks import some_trained
from gadmap.cli import main
from gadmap.networks.checkpoint import read_network, write_network
from gadmap.networks.guided_file import read_guided
from gadmap.phantoms import reference_object
from gadmap.pipeline import write_phantom
from gadmap.training.curve import read_curve

SMALL = """
batch = 4
slices = 2
regions = 2
region_size = 16
steps = 30
voxels = 256
learning_rate = 2e-3
validate_every = 10
checkpoint_every = 10
quantity = "all"
[cohort]
count = 3
matrix = 64
slices = 3
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two examinations whose truth cannot be read, nor should be, and one that is no use."""
    folder = tmp_path_factory.mktemp("site")
    for seed in range(2):
        write_phantom(
            folder / f"case-{seed}", file_format="nifti", seed=seed + 9, matrix=64, slices=3
        )
        for file in (folder / f"case-{seed}" / "truth").iterdir():
            file.write_bytes(b"unreadable")
    (folder / "broken").mkdir()
    (folder / "broken" / "dce.nii.gz").write_bytes(b"no image")
    return folder


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training of seconds."""
    file = tmp_path_factory.mktemp("recipe") / "recipe.toml"
    file.write_text(SMALL)
    return file


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the phantoms lie that every mode with labels prepares."""
    return tmp_path_factory.mktemp("prepared")


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """Exit code of a command."""
    monkeypatch.setattr(sys, "argv", ["gadmap", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


@pytest.mark.parametrize(
    ("network", "mode"),
    [("cnn-local", "physics"), ("cnn-local", "hybrid"), ("cnn-local", "adapt"), ("lstm", "adapt")],
)
def test_a_network_learns_from_a_folder_without_labels(
    network: str,
    mode: str,
    site: Path,
    recipe: Path,
    cache: Path,
    tmp_path: Path,
    monkeypatch,
    capsys,
):
    out = tmp_path / "out"
    command = ("train", network, "--data", site, "--out", out, "--config", recipe)
    assert run(monkeypatch, *command, "--mode", mode, "--cache", cache) == 0
    said = capsys.readouterr().out
    assert "2 examinations without labels" in said
    assert "broken left out" in said
    curve = read_curve(out / "curve.csv")
    assert curve[-1].validation < curve[0].validation
    network = read_network(out / "weights.safetensors")
    assert network.provenance["patients"]["without_labels"] == 2
    assert network.provenance["recipe"]["mode"] == mode
    assert len(network.provenance["seen"]) == (2 if mode == "physics" else 4)
    record = json.loads((out / "training.json").read_text())
    assert record["without_labels"] == ["case-0", "case-1"]
    phantom = reference_object(seed=5, matrix=64, slices=2)
    maps = gadmap.estimate(phantom.exam, str(out / "weights.safetensors"))
    assert np.isfinite(maps["ktrans"][maps.valid & phantom.exam.mask]).all()


@pytest.fixture
def few_scenes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calibration on fewer scenes than a figure to rely on would need."""
    module = sys.modules["gadmap.pipeline.train_guided"]  # the package has a function of this name
    for name in ("_LOOKED_AT", "_CALIBRATED", "_REMEMBERED"):
        monkeypatch.setattr(module, name, 2)


@pytest.mark.slow
@pytest.mark.usefixtures("few_scenes")
@pytest.mark.parametrize("mode", ["physics", "hybrid", "adapt"])
def test_shipped_guided_weights_are_adapted(
    mode: str, site: Path, tmp_path: Path, monkeypatch, capsys
):
    """The result is a guided network that maps, remembers where it came from, and is its start."""
    out = tmp_path / "out"
    command = ("adapt", "fcsa-net-guided", "--data", site, "--out", out, "--steps", 2)
    assert run(monkeypatch, *command, "--mode", mode) == 0
    assert "2 examinations without labels" in capsys.readouterr().out
    adapted = read_guided(out / "weights.safetensors")
    assert adapted.provenance["recipe"]["mode"] == mode
    assert adapted.provenance["start"]["data"] == "scenes"
    assert len(adapted.provenance["seen"]) == 2
    phantom = reference_object(seed=5, matrix=64, slices=2)
    before = gadmap.estimate(phantom.exam, "fcsa-net-guided")["ktrans"]
    after = gadmap.estimate(phantom.exam, out / "weights.safetensors")["ktrans"]
    both = np.isfinite(before) & np.isfinite(after)
    assert both.any()
    assert not np.array_equal(before[both], after[both])
    assert np.median(np.abs(after - before)[both]) < 0.01


def test_own_weights_are_adapted_with_their_scales(site: Path, tmp_path: Path, monkeypatch, capsys):
    start = some_trained("cnn-local", seen=["whom-they-saw"])
    write_network(tmp_path / "start.safetensors", start)
    out = tmp_path / "out"
    command = ("adapt", tmp_path / "start.safetensors", "--data", site, "--out", out)
    assert run(monkeypatch, *command, "--mode", "physics", "--steps", 3) == 0
    adapted = read_network(out / "weights.safetensors")
    assert adapted.scales == start.scales
    assert "whom-they-saw" in adapted.provenance["seen"]
    assert run(monkeypatch, *command, "--mode", "physics", "--steps", 3) == 1
    assert "holds a training already" in capsys.readouterr().err
    again = ("--mode", "physics", "--steps", 3, "--resume")
    assert run(monkeypatch, *command, *again) == 0
    capsys.readouterr()
    with torch.no_grad():
        next(start.module.parameters()).add_(0.1)
    write_network(tmp_path / "start.safetensors", start)
    assert run(monkeypatch, *command, *again) == 1
    assert "of another training: start was" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("train", "cnn-local", "--mode", "physics"), "quantity is 'ktrans' with mode 'physics'"),
        (("train", "fcsa-net-guided", "--mode", "supervised-fit"), "learns the truth of scenes"),
        (("train", "fcsa-net-guided"), "with mode 'supervised-truth'; fcsa-net-guided expects"),
        (("adapt", "unet"), "no network 'unet'"),
        (("train", "fcsa-net-guided", "--mode", "physics", "--devices", 2), "devices is 2 with"),
    ],
)
def test_what_does_not_go_together_is_one_clear_line(
    arguments: tuple[str, ...], said: str, site: Path, tmp_path: Path, monkeypatch, capsys
):
    out = tmp_path / "out"
    assert run(monkeypatch, *arguments, "--data", site, "--out", out) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not out.exists()


def test_a_folder_without_a_usable_examination_says_why(tmp_path: Path, monkeypatch, capsys):
    (tmp_path / "site" / "broken").mkdir(parents=True)
    (tmp_path / "site" / "broken" / "dce.nii.gz").write_bytes(b"no image")
    command = ("adapt", "fcsa-net", "--data", tmp_path / "site", "--out", tmp_path / "out")
    assert run(monkeypatch, *command, "--mode", "physics") == 1
    error = capsys.readouterr().err
    assert "no examination can be learned from; broken: " in error
    assert error.count("\n") == 1
