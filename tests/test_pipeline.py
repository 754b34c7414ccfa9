"""Laws of the pipeline: files in, results out, all of them or none."""

import json
import re
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from disc import T10, disc_exam, disc_scan, disc_truth
from gadmap.io import write_dicom, write_nifti
from gadmap.pipeline import MapSettings, Stages, map_exam, run_demo, write_phantom


@pytest.fixture(scope="module")
def dicom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """DICOM of the disc with its flip angles, below a folder named like a patient."""
    folder = tmp_path_factory.mktemp("case") / "DOE^JANE" / "dicom"
    write_dicom(folder, *disc_scan())
    return folder


def test_a_dicom_folder_becomes_maps_near_the_truth(dicom: Path, tmp_path):
    result = map_exam(dicom, tmp_path / "out", MapSettings(aif="parker", model="extended-tofts"))
    truth = disc_truth()
    good = truth["inside"] & result.maps.valid
    assert good.sum() > 0.9 * truth["inside"].sum()
    assert np.median(result.exam.t10[good]) == pytest.approx(T10, rel=0.1)
    ratio = result.maps["ktrans"][good] / truth["ktrans"][good]
    assert np.median(ratio) == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize(
    ("model", "maps", "title"),
    [
        ("vascular", {"vp"}, "Vascular model"),
        ("2cum", {"fp", "ps", "vp", "ktrans"}, "Two-compartment uptake model"),
        ("2cxm", {"fp", "ps", "ve", "vp", "ktrans"}, "Two-compartment exchange model"),
    ],
)
def test_every_model_has_maps_errors_and_a_page(dicom: Path, tmp_path, model, maps, title):
    result = map_exam(dicom, tmp_path / "out", MapSettings(aif="parker", model=model))
    assert set(result.maps.values) - {"r2"} == maps
    assert set(result.maps.standard_error) == maps
    assert result.maps.valid.sum() > 500
    page = (tmp_path / "out" / "report.html").read_text()
    assert title in page
    assert f"percentile of {'ktrans' if 'ktrans' in maps else 'vp'}" in page


def test_a_curve_that_comes_early_is_answered_by_a_delay(dicom: Path, tmp_path):
    """A plasma curve that is a frame before the tissue's, and the delay that makes up for it."""
    series = disc_exam().series
    plasma = np.interp(series.t, disc_exam().aif.t, disc_exam().aif.plasma)
    t = series.t - series.t[0] - 6
    rows = [*zip(t, plasma, strict=True), (t[-1] + 10, plasma[-1])]
    curve = tmp_path / "early.csv"
    curve.write_text("time_s,plasma_mmol_per_l\n" + "\n".join(f"{a},{b}" for a, b in rows))
    options = {"aif": curve, "t10": T10, "model": "extended-tofts"}
    late = map_exam(dicom, tmp_path / "late", MapSettings(fit_delay=True, **options))
    good = disc_truth()["inside"] & late.maps.valid
    assert np.median(late.maps["delay"][good]) == pytest.approx(6, abs=0.2)
    at_once = map_exam(dicom, tmp_path / "at once", MapSettings(**options))
    assert np.nanmedian(late.maps["r2"][good]) > np.nanmedian(at_once.maps["r2"][good])
    names = {path.name for path in late.files}
    assert {"delay.nii.gz", "delay_se.nii.gz", "report.html"} <= names


def test_every_file_that_is_named_is_there(dicom: Path, tmp_path):
    result = map_exam(dicom, tmp_path / "out", MapSettings(aif="parker"))
    assert all(path.exists() for path in result.files)
    assert {path.name for path in result.files} >= {
        "ktrans.nii.gz",
        "ve.nii.gz",
        "kep.nii.gz",
        "ktrans_se.nii.gz",
        "r2.nii.gz",
        "reason.nii.gz",
        "aif.tsv",
        "maps.json",
        "report.html",
    }
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_flip_angles_beside_the_series_are_used_and_it_is_said(dicom: Path, tmp_path):
    found = map_exam(dicom, tmp_path / "found", MapSettings(aif="parker"))
    assert any("3 flip-angle volumes beside the series" in remark for remark in found.remarks)
    assumed = map_exam(dicom, tmp_path / "given", MapSettings(aif="parker", t10=1.5))
    assert not any("flip-angle volumes beside" in remark for remark in assumed.remarks)
    assert "1.5 s" in assumed.exam.t10_source


def test_nothing_written_names_the_patient_or_the_machine(dicom: Path, tmp_path):
    out = tmp_path / "out"
    map_exam(dicom, out, MapSettings(aif="parker"))
    for name in ("report.html", "maps.json"):
        text = re.sub(r"base64,[^\"]*", "", (out / name).read_text())
        for secret in ("DOE", "JANE", "PHANTOM^GADMAP", str(tmp_path), str(dicom.parent), "/tmp"):
            assert secret not in text, (name, secret)


def test_every_stage_is_timed_and_recorded(dicom: Path, tmp_path):
    result = map_exam(dicom, tmp_path / "out", MapSettings(aif="parker"))
    prepared = ["reading", "mask and onset", "T1", "arterial input"]
    expected = [*prepared, "fit", "checks", "checksums", "writing", "report"]
    assert list(result.seconds) == expected
    record = json.loads((tmp_path / "out" / "maps.json").read_text())
    assert list(record["seconds"]) == expected[:-2]
    assert record["options"]["aif"] == "parker"
    assert record["versions"]["torch"]


def test_a_failure_leaves_nothing_behind(dicom: Path, tmp_path):
    with pytest.raises(ValueError, match="mask"):
        map_exam(dicom, tmp_path / "out", MapSettings(aif="parker", mask=tmp_path / "mask.txt"))
    assert not list(tmp_path.iterdir())


def test_results_are_not_overwritten_unless_asked(dicom: Path, tmp_path):
    map_exam(dicom, tmp_path / "out", MapSettings(aif="parker"))
    before = (tmp_path / "out" / "maps.json").read_bytes()
    with pytest.raises(FileExistsError, match="--overwrite"):
        map_exam(dicom, tmp_path / "out", MapSettings(aif="parker", model="patlak"))
    assert (tmp_path / "out" / "maps.json").read_bytes() == before
    map_exam(dicom, tmp_path / "out", MapSettings(aif="parker", model="patlak"), overwrite=True)
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert "vp.nii.gz" in names
    assert "ve.nii.gz" not in names


def test_nifti_with_sidecar_gives_the_maps_of_dicom(dicom: Path, tmp_path):
    series, flips = disc_scan()
    write_nifti(tmp_path / "nifti", series, flips)
    of_nifti = map_exam(
        tmp_path / "nifti" / "dce.nii.gz", tmp_path / "a", MapSettings(aif="parker")
    )
    of_dicom = map_exam(dicom, tmp_path / "b", MapSettings(aif="parker"))
    both = of_nifti.maps.valid & of_dicom.maps.valid
    assert both.sum() > 0.9 * of_nifti.maps.valid.sum()
    ratio = of_dicom.maps["ktrans"][both] / of_nifti.maps["ktrans"][both]
    assert np.median(np.abs(ratio - 1)) < 0.01


def test_five_frames_of_which_two_come_before_contrast_are_mapped(tmp_path):
    series, flips = disc_scan()
    few = [0, 3, 5, 9, 20]
    series = replace(series, signal=series.signal[..., few], t=series.t[few])
    write_dicom(tmp_path / "dicom", series, flips)
    result = map_exam(tmp_path / "dicom", tmp_path / "out", MapSettings(aif="parker"))
    assert result.exam.baseline_frames == 2
    assert result.maps.valid.sum() > 0.9 * disc_truth()["inside"].sum()
    assert any("with 2 frames only" in remark for remark in result.remarks)


def test_flip_angles_given_by_path_replace_those_beside(tmp_path):
    series, flips = disc_scan()
    files = write_nifti(tmp_path / "case", series, flips)
    volumes = [path for path in files if path.name.startswith("vfa") and path.suffix == ".gz"]
    result = map_exam(files[0], tmp_path / "out", MapSettings(aif="parker", vfa=volumes[:2]))
    assert "2 flip angles" in result.exam.t10_source


def test_stages_split_the_time_among_themselves():
    shown: list[tuple[str, int, int]] = []

    @contextmanager
    def watch(name: str):
        yield lambda done, total: shown.append((name, done, total))

    stages = Stages(watch)
    with stages.split({"a": "first", "b": "second"}) as report:
        report("a", 1, 2)
        report("b", 1, 1)
        report("a", 2, 2)
    assert list(stages.seconds) == ["first", "second"]
    assert shown == [("first", 1, 2), ("second", 1, 1), ("first", 2, 2)]


@pytest.mark.parametrize("vendor", ["siemens", "enhanced"])
def test_the_phantom_is_written_with_its_truth(vendor: str, tmp_path):
    written = write_phantom(tmp_path / "case", vendor=vendor, matrix=48, slices=2, frames=12)
    assert written.source.is_dir()
    names = {path.name for path in written.truth.iterdir()}
    assert {"ktrans.nii.gz", "ve.nii.gz", "t10.nii.gz", "labels.nii.gz", "purity.nii.gz"} <= names


def test_the_demonstration_tells_its_error_to_the_truth(tmp_path):
    result = run_demo(tmp_path / "demo", matrix=96, slices=3, frames=40)
    found = re.search(r"ktrans RMSE ([\d.]+) 1/min", result.error)
    assert found
    assert float(found[1]) < 0.05
    assert (tmp_path / "demo" / "maps" / "report.html").exists()
    assert "\n" not in result.error


def test_the_record_names_files_but_no_folders(dicom: Path, tmp_path):
    folders = [dicom / "01_flip_angle_4", dicom / "03_flip_angle_20"]
    map_exam(dicom, tmp_path / "out", MapSettings(aif="parker", vfa=folders))
    record = json.loads((tmp_path / "out" / "maps.json").read_text())
    assert record["options"]["vfa"] == ["a folder", "a folder"]
