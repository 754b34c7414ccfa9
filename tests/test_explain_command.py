"""From files to an explanation, as a user walks it."""

import json
import re
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from scipy.ndimage import binary_dilation

import gadmap
from drawn_networks import some_trained
from gadmap.explanation import threshold_region
from gadmap.io import read_volume
from gadmap.networks.checkpoint import write_network
from gadmap.networks.frame_grid import FrameGrid
from gadmap.pipeline import write_phantom
from gadmap.report import read_explained

GRID = FrameGrid(step=9.6, frames=20, baseline=3)
FIGURES = {
    "channel_weights.png",
    "deletion.png",
    "frame_weights.png",
    "grad_cam.png",
    "grad_cam_layers.png",
    "integrated_gradients.png",
    "sampling.png",
    "spatial_weights.png",
}


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A phantom of two small slices, and a mask of its tumour."""
    folder = tmp_path_factory.mktemp("case")
    write_phantom(folder / "phantom", file_format="nifti", matrix=64, slices=2)
    return folder / "phantom"


@pytest.fixture(scope="module")
def series(case: Path) -> Path:
    return next(case.rglob("dce.nii.gz"))


@pytest.fixture(scope="module")
def tumour(case: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the true ktrans is that of a tumour."""
    image = nib.load(next((case / "truth").glob("ktrans.nii.gz")))
    high = np.nan_to_num(image.get_fdata()) > 0.12
    file = tmp_path_factory.mktemp("mask") / "tumour.nii.gz"
    nib.save(nib.Nifti1Image(high.astype(np.uint8), image.affine), file)
    return file


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of fcsa-net and of cnn-local."""
    folder = tmp_path_factory.mktemp("weights")
    for network in ("fcsa-net", "cnn-local"):
        trained = some_trained(network, quantities=("ktrans",), grid=GRID)
        write_network(folder / f"{network}.safetensors", trained)
    return folder


def test_the_region_without_a_mask_is_the_tumour(case, series, tumour):
    """By the weights that come with the package."""
    exam = gadmap.prepare(gadmap.read(series), aif="none")
    found = threshold_region(gadmap.estimate(exam, "fcsa-net")["ktrans"], "ktrans", "1/min")
    true = read_volume(tumour, exam.series, "mask") > 0
    around = binary_dilation(true, iterations=1)  # voxels of 4 mm, half of them partly tumour
    assert around[found.mask].mean() > 0.9
    assert found.mask[true].mean() > 0.5


def test_everything_is_written(run, series, tumour, weights, tmp_path):
    out = tmp_path / "out"
    network, beside = (weights / f"{name}.safetensors" for name in ("fcsa-net", "cnn-local"))
    done = run(
        *("explain", series, "--weights", network, "--beside", beside, "--region", tumour),
        *("--sampling", "--out", out),
    )
    assert (done.code, done.err) == (0, "")
    assert "deletion by frame weights" in done.out
    names = {file.name for file in out.iterdir()}
    assert names >= FIGURES | {"explanation.html", "explanation.json", "spatial_weights.nii.gz"}
    assert {name for name in names if name.startswith("grad_cam_beside")} != set()

    record = json.loads((out / "explanation.json").read_text(encoding="utf-8"))
    assert (record["network"], record["beside"]) == ("fcsa-net", "cnn-local")
    assert len(record["integrated_gradients"]["frames"]) == GRID.frames
    assert record["sampling"]["later_half"]["factor"] >= 1
    assert sum(record["sampling"]["share_of_information"]) == pytest.approx(1)
    assert str(tmp_path) not in json.dumps(record)

    shape = nib.load(series).shape[:3]
    for cam in record["grad_cam"]:
        values = nib.load(out / cam["file"]).get_fdata()
        assert values.shape == shape
        assert np.nanmax(values) <= 1

    page = (out / "explanation.html").read_text(encoding="utf-8")
    text = re.sub(r"base64,[^\"]*", "", page)
    assert 'src="http' not in text
    assert text.count("<section") == len(FIGURES) + 1

    explained = read_explained(out, gadmap.prepare(gadmap.read(series), aif="none"))
    assert explained.network == "fcsa-net"
    assert len(explained.figures) == len(FIGURES)


def test_a_network_without_attention_says_so_in_a_line(run, series, tumour, weights, tmp_path):
    out = tmp_path / "out"
    done = run(
        *("explain", series, "--weights", weights / "cnn-local.safetensors", "--region", tumour),
        *("--aif", "none", "--out", out),
    )
    assert (done.code, done.err) == (0, "")
    line = "cnn-local has no attention: there are no weights to show."
    assert line in done.out
    assert line in (out / "explanation.html").read_text(encoding="utf-8")
    names = {file.name for file in out.iterdir()}
    assert {"frame_weights.png", "channel_weights.png", "sampling.png"}.isdisjoint(names)
    assert json.loads((out / "explanation.json").read_text())["attention"] is None

    again = ("explain", series, "--weights", weights / "cnn-local.safetensors", "--out", out)
    refused = run(*again, "--voxel", 32, 32, 0, "--aif", "none")
    assert refused.code == 1
    assert "add --overwrite" in refused.err


def test_a_network_of_single_curves_shows_its_time_weights_and_says_what_it_has_not(
    run, series, tmp_path
):
    trained = some_trained("ab-lstm", quantities=("ktrans",), grid=GRID)
    write_network(tmp_path / "ab-lstm.safetensors", trained)
    out = tmp_path / "out"
    done = run(
        *("explain", series, "--weights", tmp_path / "ab-lstm.safetensors", "--voxel", 32, 32, 0),
        *("--aif", "none", "--out", out),
    )
    assert (done.code, done.err) == (0, "")
    line = "ab-lstm reads each voxel's curve by itself: there is no Grad-CAM to show."
    assert line in done.out
    assert line.replace("'", "&#39;") in (out / "explanation.html").read_text(encoding="utf-8")
    assert (out / "frame_weights.png").is_file()


def test_wrong_input_is_one_line_and_leaves_nothing(run, series, tumour, weights, tmp_path):
    out, network = tmp_path / "out", weights / "fcsa-net.safetensors"
    empty = tmp_path / "empty.nii.gz"
    image = nib.load(tumour)
    nib.save(nib.Nifti1Image(np.zeros(image.shape, np.uint8), image.affine), empty)
    other = tmp_path / "other.nii.gz"
    nib.save(nib.Nifti1Image(np.ones((5, 5, 2), np.uint8), image.affine), other)
    for arguments, fault in (
        (("--region", empty), "no voxel is above 0"),
        (("--region", other), "region"),
        (("--voxel", 64, 0, 0), "no voxel (64, 0, 0)"),
        (("--voxel", 0, 0, 0), "no voxel that can be estimated"),
        (("--weights", "fcsa-net-guided"), "a guided network sees fits"),
        (("--weights", tmp_path / "no.safetensors"), "no such file"),
        (("--weights", "resnet"), "no network 'resnet'"),
    ):
        chosen = () if "--weights" in arguments else ("--weights", network)
        done = run("explain", series, *chosen, *arguments, "--aif", "none", "--out", out)
        assert done.code == 1, arguments
        assert fault in done.err, arguments
        assert done.err.count("\n") == 1
        assert not out.exists()


def test_options_that_exclude_each_other_are_misuse(run, series, tumour, tmp_path):
    for arguments in (
        ("--region", tumour, "--voxel", 1, 1, 1),
        ("--sampling", "--aif", "none"),
        ("--vfa", tumour, "--t10", "1.2"),
    ):
        assert run("explain", series, "--out", tmp_path / "out", *arguments).code == 2
