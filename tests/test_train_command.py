"""Laws of `gadmap train`, from a cohort to weights that map an examination."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import gadmap
from gadmap.cli import main
from gadmap.networks.checkpoint import read_network
from gadmap.phantoms import reference_object
from gadmap.phantoms.scene import scene
from gadmap.pipeline import PreparedPatients, prepared_patients, train_network, write_phantom
from gadmap.training import changed
from gadmap.training.curve import read_curve
from gadmap.training.recipe import recipe_of

COHORT = {"count": 3, "matrix": 64, "slices": 5}
TINY = recipe_of(
    {
        "network": "fcsa-net",
        "quantity": "all",
        "steps": 40,
        "batch": 4,
        "learning_rate": 2e-3,
        "slices": 3,
        "regions": 2,
        "region_size": 16,
        "validate_every": 10,
        "cohort": COHORT,
    }
)


@pytest.fixture(scope="module")
def larger(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PreparedPatients]:
    """Four small phantoms, prepared by two processes."""
    folder = tmp_path_factory.mktemp("patients")
    four = changed(TINY, cohort={"count": 4})
    return folder, prepared_patients("phantom", four, folder, jobs=2)


@pytest.fixture(scope="module")
def cache(larger: tuple[Path, PreparedPatients]) -> Path:
    """Where they lie."""
    return larger[0]


@pytest.fixture(scope="module")
def trained(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished training."""
    out = tmp_path_factory.mktemp("training") / "out"
    train_network("phantom", out, TINY, cache=cache)
    return out


def gadmap_train(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """Exit code of the command."""
    monkeypatch.setattr(sys, "argv", ["gadmap", "train", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


def test_the_loss_falls_and_a_map_comes_out(trained: Path):
    curve = read_curve(trained / "curve.csv")
    assert curve[-1].training < 0.7 * curve[0].training
    phantom = reference_object(seed=5, matrix=64, slices=2)
    maps = gadmap.estimate(phantom.exam, str(trained / "weights.safetensors"))
    for quantity in ("ktrans", "ve", "kep"):
        values = maps[quantity][phantom.exam.mask & maps.valid]
        assert np.isfinite(values).all()
        assert np.ptp(values) > 0


def test_the_weights_tell_how_they_came_about_and_name_no_place(trained: Path):
    network = read_network(trained / "weights.safetensors")
    provenance = network.provenance
    assert provenance["recipe"]["cohort"]["matrix"] == 64
    assert provenance["patients"] == {
        "training": 1,
        "validation": 1,
        "test": 1,
        "without_labels": 0,
    }
    assert provenance["acquisition"]["tr"] == pytest.approx([4.43e-3, 4.43e-3])
    assert provenance["curve"]["last"]["step"] == 40
    assert provenance["versions"]["torch"]
    assert set(network.scales) == {"ktrans", "ve", "kep"}
    for text in (json.dumps(dict(provenance)), (trained / "training.json").read_text()):
        assert str(trained.parent) not in text
        assert "/tmp" not in text


def test_curve_and_tensorboard_are_written(trained: Path):
    assert [point.step for point in read_curve(trained / "curve.csv")] == [10, 20, 30, 40]
    assert list((trained / "tensorboard").glob("events.out.tfevents.*"))


def test_prepared_patients_are_made_once_and_shared(larger):
    """By networks and seeds, and by cohorts of other size."""
    cache, four = larger
    before = {file.name: file.stat().st_mtime_ns for file in cache.iterdir()}
    other = changed(TINY, network="cnn-local", seed=7, quantity="ktrans")
    prepared = prepared_patients("phantom", other, cache)
    assert list(prepared.patients) == ["patient-001", "patient-002", "patient-003"]
    assert prepared.digests.items() < four.digests.items()
    assert {file.name: file.stat().st_mtime_ns for file in cache.iterdir()} == before
    assert len(before) == 4
    assert not four.refused


def test_a_prepared_patient_holds_fit_truth_and_signal(cache: Path):
    patient = prepared_patients("phantom", TINY, cache).patients["patient-002"]
    assert patient.signal.shape[2:] == (3, 65)
    assert 0.5 < float(np.quantile(patient.signal[patient.inside], 0.99)) < 2
    truth, fit = patient.target("truth")["ktrans"], patient.fit["ktrans"]
    both = np.isfinite(truth) & np.isfinite(fit) & patient.inside
    assert both.sum() > 0.5 * patient.inside.sum()
    assert np.median(np.abs(fit - truth)[both]) < 0.02
    known = {quantity: int(np.isfinite(patient.fit[quantity]).sum()) for quantity in patient.fit}
    assert known["kep"] <= known["ktrans"]
    assert np.isfinite(patient.estimate["ktrans"]).sum() >= known["ktrans"]


def test_folders_of_examinations_are_trained_on(tmp_path: Path, monkeypatch, capsys):
    for seed, file_format in enumerate(("nifti", "nifti", "dicom")):
        write_phantom(
            tmp_path / "cohort" / f"case-{seed}",
            file_format=file_format,
            seed=seed,
            matrix=64,
            slices=3,
        )
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        "batch = 4\nslices = 2\nregions = 2\nregion_size = 16\nvalidate_every = 4\n"
        'mode = "supervised-truth"'
    )
    arguments = ("cnn-local", "--data", tmp_path / "cohort", "--out", tmp_path / "out")
    more = ("--config", recipe, "--steps", 8, "--quantity", "ve")
    assert gadmap_train(monkeypatch, *arguments, *more) == 0
    said = capsys.readouterr()
    assert "1 patients to train, 1 to choose, 1 kept for the test" in said.out
    assert "weights.safetensors" in said.out
    network = read_network(tmp_path / "out" / "weights.safetensors")
    assert (network.network, network.quantities) == ("cnn-local", ("ve",))
    assert network.provenance["data"] == "a folder of examinations"
    assert gadmap_train(monkeypatch, *arguments, *more) == 1
    assert "holds a training already; go on with it by --resume" in capsys.readouterr().err
    assert gadmap_train(monkeypatch, *arguments, *more, "--resume") == 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("unet",), "network is 'unet'; there are cnn-local"),
        (("--data", "nowhere"), "no such folder"),
        (("--precision", "16"), "precision is '16'; input should be '32' or 'bf16-mixed'"),
    ],
)
def test_bad_input_is_one_clear_line(
    more: tuple[str, ...], said: str, tmp_path: Path, monkeypatch, capsys
):
    arguments = ("--out", tmp_path / "out", "--cohort", 3, *more)
    data = () if "--data" in more else ("--data", "phantom")
    assert gadmap_train(monkeypatch, *arguments, *data) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, monkeypatch, capsys):
    (tmp_path / "thesis.tex").write_text("x")
    assert gadmap_train(monkeypatch, "--out", tmp_path, "--data", "phantom", "--cohort", 3) == 1
    assert "holds files of something else, thesis.tex" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.tex"]


def test_an_examination_that_is_no_use_is_left_out_with_the_reason(tmp_path: Path):
    for seed in range(2):
        write_phantom(
            tmp_path / "cohort" / f"case-{seed}",
            file_format="nifti",
            seed=seed,
            matrix=64,
            slices=3,
            frames=65 if seed else 30,
        )
    prepared = prepared_patients(tmp_path / "cohort", TINY, tmp_path / "cache")
    assert list(prepared.patients) == ["case-1"]
    assert "the series ends" in prepared.refused["case-0"]
    again = prepared_patients(tmp_path / "cohort", TINY, tmp_path / "cache")
    assert again.refused == prepared.refused


@pytest.mark.slow
def test_the_guided_network_learns_from_scenes_and_maps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """From the command to a map; a training is not overwritten, but goes on where it was left."""
    module = sys.modules["gadmap.pipeline.train_guided"]  # the package has a function of this name
    for name in ("_CALIBRATED", "_REMEMBERED"):
        monkeypatch.setattr(module, name, 4)
    out, recipe = tmp_path / "run", tmp_path / "recipe.toml"
    recipe.write_text(
        'network = "fcsa-net-guided"\nsteps = 40\nbatch = 4\nlearning_rate = 2e-3\nclip = 1.0\n'
        "validate_every = 10\ncheckpoint_every = 10\n"
    )
    command = ("fcsa-net-guided", "--data", "scenes", "--out", out, "--config", recipe)
    assert gadmap_train(monkeypatch, *command) == 0
    curve = read_curve(out / "curve.csv")
    assert curve[-1].validation < curve[0].validation
    assert gadmap_train(monkeypatch, *command) == 1
    assert gadmap_train(monkeypatch, *command, "--resume") == 0
    maps = gadmap.estimate(scene((1, 1)).exam, out / "weights.safetensors")
    assert maps.estimator == "fcsa-net-guided"
    assert maps.valid.any()
