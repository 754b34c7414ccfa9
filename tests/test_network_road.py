"""From files to maps by a network, as a user walks it."""

import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import gadmap
from disc import BASELINE, disc_scan, disc_truth
from drawn_networks import some_trained
from gadmap.cli import main
from gadmap.data import DceSeries
from gadmap.io import write_dicom, write_nifti
from gadmap.networks import NETWORKS
from gadmap.networks.checkpoint import write_network
from gadmap.networks.frame_grid import FrameGrid
from gadmap.networks.shipped import shipped_weights
from gadmap.pipeline import MapResult, MapSettings, map_exam

GRID = FrameGrid(step=6.0, frames=16, baseline=3)


@pytest.fixture(scope="module")
def dicom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """DICOM of the disc with its flip angles."""
    folder = tmp_path_factory.mktemp("case") / "dicom"
    write_dicom(folder, *disc_scan())
    return folder


def series_without_artery() -> DceSeries:
    """The disc, rising to a plateau from the fifth frame on; no flip angles beside it."""
    series, _ = disc_scan()
    first = series.signal[..., :1]
    rise = 1 - np.exp(-np.clip(np.arange(series.t.size) - BASELINE + 1, 0, None) / 5)
    noise = np.random.default_rng(0).normal(0, 0.2, series.signal.shape)
    signal = np.abs(first * (1 + rise) + noise).astype(np.float32)
    return replace(series, signal=signal)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    trained = some_trained(grid=GRID, acquisition={"tr": [2e-3, 3e-3]}, data="12 phantoms")
    return write_network(tmp_path_factory.mktemp("weights") / "mine.safetensors", trained)


@pytest.fixture(scope="module")
def mapped(dicom: Path, weights: Path, tmp_path_factory: pytest.TempPathFactory) -> MapResult:
    return map_exam(dicom, tmp_path_factory.mktemp("road") / "out", MapSettings(estimator=weights))


@pytest.fixture(scope="module")
def page(mapped: MapResult) -> str:
    return (mapped.files[-1].parent / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def record(mapped: MapResult) -> dict:
    return json.loads((mapped.files[-1].parent / "maps.json").read_text(encoding="utf-8"))


def test_maps_are_made_where_no_artery_and_no_t1_can_be_had(weights: Path, tmp_path):
    file = write_nifti(tmp_path / "nifti", series_without_artery(), None)[0]
    with pytest.raises(ValueError, match="no vessel found"):
        map_exam(file, tmp_path / "fit")
    result = map_exam(file, tmp_path / "out", MapSettings(estimator=weights))
    assert result.maps.valid[disc_truth()["inside"]].mean() > 0.9


def test_the_files_are_those_of_maps_without_standard_errors(mapped: MapResult):
    folder = mapped.files[-1].parent
    assert {file.name for file in mapped.files if file.parent == folder} == {
        "aif.tsv",
        "aif.json",
        "maps.json",
        "report.html",
        *(f"{name}.nii.gz" for name in ("kep", "ktrans", "reason", "ve")),
        *(f"{name}.json" for name in ("kep", "ktrans", "reason", "ve")),
    }


def test_t1_and_artery_are_not_looked_for(mapped: MapResult):
    """Flip angles lie beside the series, and are left there."""
    assert mapped.exam.t10_source == "assumed 1.4 s"
    assert "3 flip-angle volumes" not in " ".join(mapped.remarks)
    assert "Arterial input: none was asked for" in " ".join(mapped.remarks)
    assert list(mapped.seconds)[-5:] == ["network", "checks", "checksums", "writing", "report"]


def test_what_is_given_is_kept(dicom: Path, weights: Path, tmp_path):
    folders = [dicom / "01_flip_angle_4", dicom / "03_flip_angle_20"]
    out = tmp_path / "out"
    result = map_exam(dicom, out, MapSettings(estimator=weights, vfa=folders, aif="georgiou"))
    assert "2 flip angles" in result.exam.t10_source
    assert "georgiou" in result.exam.aif.source


def test_console_record_and_page_tell_the_remarks(mapped: MapResult, record: dict, page: str):
    told = mapped.maps.settings["remarks"]
    assert any("repetition time of 2 to 3 ms; here it is 5 ms" in remark for remark in told)
    for remark in told:
        assert remark in mapped.remarks
        assert remark in record["settings"]["remarks"]
        assert remark in page


def test_the_record_tells_network_weights_and_units(record: dict):
    assert record["estimator"] == "fcsa-net"
    assert record["options"]["estimator"] == "mine.safetensors"
    assert record["settings"]["provenance"]["data"] == "12 phantoms"
    assert record["maps"]["kep"]["unit"] == "1/min"
    assert record["standard_errors"] == {}


def test_the_page_claims_no_fit(page: str):
    text = re.sub(r"base64,[^\"]*", "", page)
    assert "estimated by fcsa net" in text
    assert "fcsa-net uses none." in text
    assert "maps from the signal and fits no curves" in text
    assert "from the fit's residuals" not in text
    assert "of them enhance" not in text
    assert "standard errors or more" not in text
    assert text.count('<figure class="map"') >= 3


def test_a_network_of_one_quantity_has_a_page_too(dicom: Path, tmp_path):
    trained = some_trained("cnn-local", quantities=("ve",), grid=GRID)
    file = write_network(tmp_path / "ve.safetensors", trained)
    result = map_exam(dicom, tmp_path / "out", MapSettings(estimator=file))
    assert "median <i>v<sub>e</sub></i>" in (tmp_path / "out" / "report.html").read_text()
    assert set(result.maps.values) == {"ve"}


def test_python_needs_no_artery_either(weights: Path):
    exam = gadmap.prepare(series_without_artery(), aif="none")
    maps = gadmap.estimate(exam, weights)
    assert maps.valid.any()
    assert np.isfinite(maps["ktrans"][maps.valid]).all()


def test_a_fit_does_not_use_the_stand_in(dicom: Path, tmp_path):
    exam = gadmap.prepare(series_without_artery(), aif="none")
    with pytest.raises(ValueError, match="needs an arterial input"):
        gadmap.estimate(exam, "tofts")
    with pytest.raises(ValueError, match="needs an arterial input"):
        map_exam(dicom, tmp_path / "out", MapSettings(aif="none"))
    assert not (tmp_path / "out").exists()


def test_a_series_that_is_too_short_leaves_nothing_behind(weights: Path, tmp_path):
    series, _ = disc_scan()
    short = replace(series, t=series.t[:12], signal=series.signal[..., :12])
    files = write_nifti(tmp_path / "nifti", short, None)
    with pytest.raises(ValueError, match=r"the network needs 72.0 s. Is it cut short"):
        map_exam(files[0], tmp_path / "out", MapSettings(estimator=weights))
    assert not (tmp_path / "out").exists()


def command(monkeypatch, capsys, *arguments: object) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["gadmap", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        main()
    said = capsys.readouterr()
    return int(end.value.code or 0), said.out, said.err


def test_the_command_maps_with_a_file_of_weights(monkeypatch, capsys, dicom, weights, tmp_path):
    code, out, err = command(
        monkeypatch, capsys, "map", dicom, "--out", tmp_path / "out", "--estimator", weights
    )
    assert (code, err) == (0, "")
    assert "do not enter" in out
    assert "here it is 5 ms" in out


def test_weights_that_cannot_be_used_are_one_line(monkeypatch, capsys, dicom, tmp_path):
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"PK\x03\x04 torch")
    unshipped = min(NETWORKS.keys() - shipped_weights().keys())
    for which, fault in (
        (bad, "pickle"),
        (tmp_path / "no.safetensors", "no such file"),
        (unshipped, "are shipped"),
    ):
        code, _, err = command(
            monkeypatch, capsys, "map", dicom, "--out", tmp_path / "out", "--estimator", which
        )
        assert code == 1
        assert fault in err
        assert err.count("\n") == 1
        assert not (tmp_path / "out").exists()


def test_wrong_usage_is_exit_2(monkeypatch, capsys, dicom, weights, tmp_path):
    for arguments in (
        ("--estimator", "unet"),
        ("--estimator", "weights.pt"),
        ("--estimator", weights, "--model", "patlak"),
    ):
        code, _, _ = command(
            monkeypatch, capsys, "map", dicom, "--out", tmp_path / "out", *arguments
        )
        assert code == 2, arguments
        assert not (tmp_path / "out").exists()
