"""From files to maps of an arterial dispersion, as a user walks it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import gadmap
from disc import AFFINE, FLIP_ANGLE, GRID, RELAXIVITY, T10, TR, disc_exam, disc_truth
from gadmap.data import Exam
from gadmap.evaluation.curves import driving_curve, measured_curves, modelled_curves
from gadmap.io import write_nifti
from gadmap.io.nifti_write import save_nifti
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.physics.relaxivity import relaxation_rate
from gadmap.physics.spgr import spgr_signal
from gadmap.pipeline import MapSettings

TAU = 7.0  # s


@pytest.fixture(scope="module")
def exam() -> Exam:
    """The disc, its plasma dispersed on the way."""
    exam, truth = disc_exam(), disc_truth()
    parameters = {name: torch.tensor(truth[name]) for name in ("ktrans", "ve", "vp")}
    times = torch.tensor(exam.series.t - exam.series.t[0])
    late = torch.full(GRID, TAU, dtype=torch.float64)
    tissue = tissue_concentration(
        KINETIC_MODELS["extended-tofts"],
        parameters,
        times,
        torch.tensor(exam.aif.plasma),
        dispersion=late,
    )
    r1 = relaxation_rate(tissue, torch.tensor(1 / T10), RELAXIVITY)
    s0 = torch.tensor(1000.0 * truth["inside"])[..., None]
    signal = spgr_signal(r1, s0, torch.tensor(FLIP_ANGLE), TR).numpy().astype(np.float32)
    return replace(exam, series=replace(exam.series, signal=signal))


@pytest.fixture(scope="module")
def files(exam: Exam, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The series and the curve of its artery."""
    folder = tmp_path_factory.mktemp("scan")
    write_nifti(folder, exam.series, None)
    rows = "\n".join(f"{t},{c}" for t, c in zip(exam.aif.t, exam.aif.plasma, strict=True))
    (folder / "artery.csv").write_text(f"time_s,plasma_mmol_per_l\n{rows}\n")
    return next(folder.rglob("dce.nii.gz")), folder / "artery.csv"


def test_a_smeared_bolus_walks_the_whole_road(run, files, tmp_path):
    """Maps, record, page, the curves shown, and a region of the results."""
    scan, artery = files
    options = ["--aif", artery, "--t10", T10, "--model", "extended-tofts", "--fit-dispersion"]
    said = run("map", scan, "--out", tmp_path / "out", *options)
    assert said.code == 0, said.err
    exam, maps = gadmap.read_results(tmp_path / "out")
    good = disc_truth()["inside"] & maps.valid
    assert good.sum() > 200
    assert np.median(maps["dispersion"][good]) == pytest.approx(TAU, rel=0.02)
    assert np.median(maps["ktrans"][good] / disc_truth()["ktrans"][good]) == pytest.approx(
        1, rel=0.02
    )
    assert np.median(maps.standard_error["dispersion"][good]) < 0.1
    voxels = np.argwhere(good)[::20]
    shown = modelled_curves(maps, exam.series.t, driving_curve(exam, maps), voxels)
    np.testing.assert_allclose(shown, measured_curves(exam, voxels), atol=2e-3 * shown.max())

    record = json.loads((tmp_path / "out" / "maps.json").read_text())
    assert record["options"]["fit_dispersion"] is True
    page = (tmp_path / "out" / "report.html").read_text()
    assert "time constant of the arterial dispersion" in page
    assert (tmp_path / "out" / "dispersion_se.nii.gz").exists()

    region = tmp_path / "region.nii.gz"
    save_nifti(region, good.astype(np.float32), AFFINE, "region")
    said = run("region", tmp_path / "out", "--region", region, "--out", tmp_path / "fit")
    assert said.code == 0, said.err
    fitted = gadmap.fit_region(exam, good, "extended-tofts", fit_dispersion=True)
    assert fitted["dispersion"] == pytest.approx(TAU, rel=0.02)
    assert "dispersion" in (tmp_path / "fit" / "region.tsv").read_text()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"fit_delay": True}, "expected one of them"),
        ({"model": "2cxm"}, "no dispersion is fitted with 2cxm"),
        ({"compare": ("tofts", "2cxm")}, "no dispersion is fitted with 2cxm"),
        ({"estimator": "linear-least-squares"}, "a dispersion is fitted by least-squares only"),
        ({"estimator": "descriptors"}, "a dispersion is fitted by least-squares only"),
        ({"estimator": "reference-region"}, "a dispersion is fitted by least-squares only"),
        ({"domain": "signal"}, "without a delay or a dispersion only"),
    ],
)
def test_what_has_no_dispersion_is_said_before_anything_is_read(more, message):
    with pytest.raises(ValueError, match=message):
        MapSettings(fit_dispersion=True, **more).chosen_estimator()


@pytest.mark.parametrize("more", [["--fit-delay"], ["--estimator", "fcsa-net"]])
def test_misuse_is_told(run, files, tmp_path, more):
    said = run("map", files[0], "--out", tmp_path / "out", "--fit-dispersion", *more)
    assert said.code == 2
    assert "--fit-dispersion" in said.err
    assert not (tmp_path / "out").exists()
