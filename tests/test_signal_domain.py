"""From files to maps of a fit of the signal, as a user walks it."""

import json
from pathlib import Path

import numpy as np
import pytest

import gadmap
from disc import disc_scan
from gadmap.io import read_maps, write_nifti
from gadmap.pipeline import MapSettings


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The disc's series with flip-angle volumes beside."""
    folder = tmp_path_factory.mktemp("scan")
    series, flips = disc_scan()
    write_nifti(folder, series, flips)
    return next(folder.rglob("dce.nii.gz"))


def test_the_signals_fit_walks_the_whole_road(run, scan, tmp_path):
    flips = sorted(scan.parent.glob("vfa*.nii.gz"))
    options = ["map", scan, "--vfa", *flips, "--aif", "parker", "--model", "extended-tofts"]
    said = run(*options, "--out", tmp_path / "signal", "--domain", "signal", "--noise", "rician")
    assert said.code == 0, said.err
    assert "The signal itself was fitted, with Rician noise" in said.out
    exam, signal = gadmap.read_results(tmp_path / "signal")
    usual = gadmap.estimate(exam, "extended-tofts")
    assert signal.estimator == "signal-fit"
    both = signal.valid & usual.valid & (usual["ktrans"] > 0.02)
    assert both.sum() > 100
    ratio = signal["ktrans"][both] / usual["ktrans"][both]
    assert np.median(ratio) == pytest.approx(1, abs=0.05)
    wider = signal.standard_error["ktrans"][both] / usual.standard_error["ktrans"][both]
    assert np.median(wider) > 1.2
    record = json.loads((tmp_path / "signal" / "maps.json").read_text())
    assert (record["options"]["domain"], record["options"]["noise"]) == ("signal", "rician")
    assert "standard errors hold" in (tmp_path / "signal" / "report.html").read_text()
    again = run(
        "map", scan, "--out", tmp_path / "again", "--from", tmp_path / "signal" / "maps.json"
    )
    assert again.code == 0, again.err
    np.testing.assert_array_equal(read_maps(tmp_path / "again")["ktrans"], signal["ktrans"])


def test_a_t1_without_an_error_is_said_to_be_without():
    from disc import disc_exam

    maps = gadmap.estimate(disc_exam(), gadmap.SignalFit("patlak"))
    (remark,) = maps.settings["remarks"]
    assert "scale alone, for that of T1 (assumed 1.2 s) is not known" in remark


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"noise": "rician"}, "expected domain 'signal'"),
        ({"domain": "signal", "fit_delay": True}, "without a delay or a dispersion only"),
        ({"domain": "signal", "fit_dispersion": True}, "without a delay or a dispersion only"),
        ({"domain": "signal", "estimator": "fcsa-net"}, "by least-squares"),
        ({"domain": "signal", "noise": "poisson"}, "expected gaussian or rician"),
        ({"domain": "k-space"}, "expected domain 'signal'"),
    ],
)
def test_what_the_signals_fit_cannot_do_is_said(more, message):
    with pytest.raises(ValueError, match=message):
        MapSettings(**more).chosen_estimator()


def test_a_network_has_no_domain(run, scan, tmp_path):
    said = run("map", scan, "--out", tmp_path, "--domain", "signal", "--estimator", "fcsa-net")
    assert said.code == 2
    assert "--domain is of least-squares" in said.err
