"""From files to a region's fit, as a user walks it."""

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import gadmap
from disc import AFFINE, GRID, disc_exam, disc_maps, disc_truth
from gadmap.data import Reason
from gadmap.io import write_maps
from gadmap.io.nifti_write import save_nifti
from gadmap.viewer import read_shown
from gadmap.viewer.region import region_answer


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder that keeps its examination, with a little noise."""
    folder, exam = tmp_path_factory.mktemp("region") / "results", disc_exam()
    noise = np.random.default_rng(0).normal(0, 0.5, exam.series.signal.shape)
    noisy = np.where(exam.mask[..., None], exam.series.signal + noise, 0).astype(np.float32)
    series = replace(exam.series, signal=noisy)
    write_maps(folder, disc_maps(), replace(exam, series=series), {})
    return folder


def labels() -> np.ndarray:
    """Two regions, each of one ktrans: columns of the disc."""
    volume = np.zeros(GRID, np.float32)
    volume[8, 9:14], volume[13, 9:14] = 1, 2
    return volume


@pytest.fixture
def regions(tmp_path: Path) -> Path:
    file = tmp_path / "regions.nii.gz"
    save_nifti(file, labels(), AFFINE, "regions")
    (tmp_path / "regions.tsv").write_text("index\tname\n1\tcore\n2\trim\n")
    return file


def test_every_label_is_fitted_and_told_alike_in_all_files(run, results, regions, tmp_path):
    out = tmp_path / "out"
    said = run("region", results, "--region", regions, "--out", out)
    assert said.code == 0, said.err
    assert "core: extended-tofts, mean of 15 of 15 voxels" in said.out
    record = json.loads((out / "region.json").read_text())
    with (out / "region.tsv").open(newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    assert [one["name"] for one in record["regions"]] == ["core", "rim"]
    assert [(row["region"], row["quantity"]) for row in rows] == [
        (name, quantity) for name in ("core", "rim") for quantity in ("ktrans", "ve", "vp", "kep")
    ]
    fit = gadmap.fit_region(gadmap.read_results(results)[0], labels() == 2, "extended-tofts")
    matrix = np.array(record["regions"][1]["covariance"]["matrix"])
    np.testing.assert_allclose(matrix, fit.likelihood.covariance)
    assert float(rows[4]["high_95"]) == pytest.approx(fit.interval("ktrans").high)
    for place, one in enumerate(record["regions"]):
        truth = disc_truth()["ktrans"][8 + 5 * place, 10, 0]
        assert one["quantities"]["ktrans"]["value"] == pytest.approx(truth, rel=0.05)
        assert (out / f"region_{place + 1}.png").stat().st_size > 10_000
    page = (out / "region.html").read_text()
    assert page.count("<svg") == 2
    assert not re.search(r"(src|href)=\"(?!#|data:)", page)


def test_a_region_has_the_fit_that_the_viewer_shows(results):
    mask = labels() > 0
    fit = gadmap.fit_region(gadmap.read_results(results)[0], mask, "extended-tofts")
    shown = region_answer(read_shown([results]), mask)
    np.testing.assert_allclose(fit.curve, shown["curve"], rtol=1e-5)
    for name, told in shown["fits"][0]["parameters"].items():
        if name != "r2":
            assert fit[name] == pytest.approx(told["value"], rel=1e-4)
            assert fit.standard_error(name) == pytest.approx(told["error"], rel=1e-2)


def test_a_notebook_shows_the_fit(results):
    fit = gadmap.fit_region(gadmap.read_results(results)[0], labels() == 1, "patlak")
    assert fit.likelihood.reason in tuple(Reason)
    assert "RegionFit: region, patlak, mean of 15 voxels" in fit._repr_html_()
    titles = [axes.get_xlabel() for axes in fit.plot().axes]
    assert titles == ["", "time [s]", "$K^{trans}$ [1/min]", "$v_p$"]
    with pytest.raises(KeyError, match="no 've' in this fit"):
        fit["ve"]
    with pytest.raises(KeyError, match="no interval of level"):
        fit.interval("vp", 0.5)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--t10", "1.4"], "prepared already, so --t10 has nothing to set"),
        (["--aif", "parker", "--model", "tofts"], "so --aif has nothing to set"),
    ],
)
def test_a_prepared_examination_is_not_prepared_again(run, results, regions, more, message):
    said = run("region", results, "--region", regions, *more)
    assert said.code == 1
    assert message in said.err


@pytest.mark.parametrize(
    ("volume", "message"),
    [
        (np.zeros(GRID, np.float32), "is empty"),
        (np.eye(18, 22, dtype=np.float32)[..., None] * [0, 0, 1.0], "has a concentration"),
        (np.ones((4, 4, 3), np.float32), "4 x 4 x 3 voxels; expected 18 x 22 x 3"),
    ],
)
def test_a_region_that_cannot_be_fitted_says_why(run, results, tmp_path, volume, message):
    file = tmp_path / "mask.nii.gz"
    outside = volume.copy()
    if volume.shape == GRID:
        outside[disc_truth()["inside"]] = 0
    save_nifti(file, outside.astype(np.float32), AFFINE, "mask")
    said = run("region", results, "--region", file, "--out", tmp_path / "out")
    assert said.code == 1
    assert message in said.err
    assert not (tmp_path / "out").exists()
