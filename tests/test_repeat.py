"""A run can be made again from its record, and is then the same to the byte."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from disc import disc_scan
from gadmap.cli import app
from gadmap.io import write_nifti

RUNNER = CliRunner()


@pytest.fixture
def scan(tmp_path):
    write_nifti(tmp_path / "in", *disc_scan())
    return tmp_path / "in" / "dce.nii.gz"


def gadmap(*arguments):
    return RUNNER.invoke(app, [str(one) for one in arguments], catch_exceptions=True)


def contents(folder):
    kept = (file for file in folder.rglob("*.nii.gz"))
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in kept}


def curve_beside(scan, factor=1.0):
    rows = [
        f"{t},{factor * (0 if t < 50 else 5 * 2.7 ** (-(t - 50) / 40))}" for t in range(0, 200, 2)
    ]
    file = scan.parent / "artery.csv"
    file.write_text("time_s,plasma_mmol_per_l\n" + "\n".join(rows) + "\n")
    return file


def test_the_same_input_and_settings_give_the_same_bytes(scan, tmp_path):
    """With one thread; with more, sums come in another order (to 1e-6)."""
    curve = curve_beside(scan)
    first = gadmap("map", scan, "--out", tmp_path / "a", "--aif", curve, "--model", "patlak")
    assert first.exit_code == 0, first.output
    again = gadmap("map", scan, "--out", tmp_path / "b", "--from", tmp_path / "a" / "maps.json")
    assert again.exit_code == 0, again.output
    assert "the series is that of the earlier run, sample for sample" in again.output
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert len(contents(tmp_path / "a")) > 5
    records = [json.loads((tmp_path / one / "maps.json").read_text()) for one in "ab"]
    for key in ("options", "files", "signal_sha256", "aif", "t10", "settings"):
        assert records[0][key] == records[1][key]


def test_what_is_given_anew_replaces_the_earlier_choice(scan, tmp_path):
    gadmap("map", scan, "--out", tmp_path / "a", "--aif", "parker", "--model", "patlak")
    again = gadmap(
        *("map", scan, "--out", tmp_path / "b", "--from", tmp_path / "a", "--model", "tofts")
    )
    assert again.exit_code == 0, again.output
    options = json.loads((tmp_path / "b" / "maps.json").read_text())["options"]
    assert (options["model"], options["aif"]) == ("tofts", "parker")


def test_a_file_that_has_changed_or_gone_is_told(scan, tmp_path):
    curve = curve_beside(scan)
    gadmap("map", scan, "--out", tmp_path / "a", "--aif", curve)
    curve_beside(scan, 1.1)
    again = gadmap("map", scan, "--out", tmp_path / "b", "--from", tmp_path / "a" / "maps.json")
    assert "artery.csv: has changed since that run; give --aif" in str(again.exception)
    curve.unlink()
    again = gadmap("map", scan, "--out", tmp_path / "b", "--from", tmp_path / "a" / "maps.json")
    assert "the file artery.csv with --aif" in str(again.exception)
    assert not (tmp_path / "b").exists()


def test_another_series_and_a_foreign_record_are_told(scan, tmp_path):
    gadmap("map", scan, "--out", tmp_path / "a", "--aif", "parker")
    write_nifti(tmp_path / "other", *disc_scan(noise=9.0))
    other = tmp_path / "other" / "dce.nii.gz"
    again = gadmap("map", other, "--out", tmp_path / "b", "--from", tmp_path / "a")
    assert "the series is another than that of the earlier run" in again.output
    record = json.loads((tmp_path / "a" / "maps.json").read_text())
    record["options"]["vfa"] = "x; rm -rf /"
    shutil.rmtree(tmp_path / "a")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "maps.json").write_text(json.dumps(record))
    again = gadmap("map", scan, "--out", tmp_path / "c", "--from", tmp_path / "a")
    assert "options.vfa: Input should be a valid list" in str(again.exception)
