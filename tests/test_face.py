"""Laws of the public face."""

import json
import subprocess
import sys
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest

import gadmap
from disc import AFFINE, GRID, disc_exam, disc_maps, disc_scan, disc_truth
from gadmap.data import Aif


def fresh(code: str) -> str:
    """What a fresh interpreter prints."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def save(path, values: np.ndarray) -> str:
    nib.save(nib.Nifti1Image(values.astype(np.float32), AFFINE), path)
    return str(path)


def table(path, column: str, t: np.ndarray, values: np.ndarray) -> str:
    rows = "\n".join(f"{a},{b}" for a, b in zip(t, values, strict=True))
    path.write_text(f"time_s,{column}\n{rows}\n")
    return str(path)


def test_every_public_name_is_there_and_has_a_docstring():
    for name in gadmap.__all__:
        assert getattr(gadmap, name).__doc__, name
        assert name in dir(gadmap)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nonsense"):
        _ = gadmap.nonsense


def test_importing_the_package_imports_nothing_heavy():
    heavy = "torch", "numpy", "scipy", "nibabel", "matplotlib", "SimpleITK", "nilearn", "pydicom"
    assert fresh(f"import sys, gadmap; print(set({heavy!r}) & set(sys.modules))") == "set()"


def test_the_road_from_arrays_gives_the_truth_back():
    truth, exam = disc_truth(), disc_exam()
    maps = gadmap.estimate(exam, "extended-tofts")
    inside = truth["inside"] & (maps.reason == 0)
    assert inside.sum() > 0.9 * truth["inside"].sum()
    for name in ("ktrans", "ve", "vp"):
        np.testing.assert_allclose(maps[name][inside], truth[name][inside], rtol=2e-3)
    assert np.isnan(maps["ktrans"][~truth["inside"]]).all()


def test_an_estimator_is_used_as_it_is():
    class Fixed:
        def estimate(self, exam):
            return disc_maps()

    assert gadmap.estimate(disc_exam(), Fixed()).estimator == "least-squares"


def test_an_unknown_estimator_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"no estimator 'tuft'.*extended-tofts"):
        gadmap.estimate(disc_exam(), "tuft")


def test_concentration_is_nan_outside_the_mask_only():
    exam = disc_exam()
    concentration = gadmap.concentration(exam)
    assert concentration.shape == exam.series.signal.shape
    np.testing.assert_array_equal(np.isfinite(concentration).all(axis=-1), exam.mask)


def test_paths_and_arrays_prepare_the_same_examination(tmp_path):
    series, flips = disc_scan()
    inside = disc_truth()["inside"]
    t10, b1 = np.full(GRID, 1.1), np.full(GRID, 0.9)
    of_arrays = gadmap.prepare(series, t10=t10, b1=b1, mask=inside, aif="parker")
    of_paths = gadmap.prepare(
        series,
        t10=save(tmp_path / "t1.nii.gz", t10),
        b1=save(tmp_path / "b1.nii.gz", b1),
        mask=save(tmp_path / "in.nii.gz", inside),
        aif="parker",
    )
    for name in ("t10", "b1", "mask"):
        np.testing.assert_allclose(getattr(of_paths, name), getattr(of_arrays, name), rtol=1e-6)
    assert (of_paths.t10_source, of_paths.b1_source) == ("t1.nii.gz", "b1.nii.gz")
    assert of_paths.mask_source == "in.nii.gz"
    with pytest.raises(ValueError, match="both vfa and t10"):
        gadmap.prepare(series, vfa=flips, t10=1.1)


def test_seconds_may_come_as_text_and_nonsense_is_refused():
    series, _ = disc_scan()
    exam = gadmap.prepare(series, t10="1.3", aif="parker", mask="none")
    assert exam.t10 == pytest.approx(np.full(GRID, 1.3))
    with pytest.raises(ValueError, match="t10 is 'long'; expected seconds"):
        gadmap.prepare(series, t10="long")


def test_blood_becomes_plasma_only_with_a_haematocrit(tmp_path):
    series, _ = disc_scan()
    curve = disc_exam().aif
    blood = table(tmp_path / "aif.csv", "blood_mmol_per_l", curve.t, curve.plasma * 0.6)
    with pytest.raises(ValueError, match="--hct"):
        gadmap.prepare(series, aif=blood, mask="none")
    for exam in (
        gadmap.prepare(series, aif=blood, hct=0.4, mask="none"),
        gadmap.prepare(replace(series, hct=0.4), aif=blood, mask="none"),
    ):
        np.testing.assert_allclose(exam.aif.plasma, curve.plasma)
        assert "aif.csv" in exam.aif.source


def test_a_plasma_curve_is_taken_as_it_is_and_a_short_one_refused(tmp_path):
    series, _ = disc_scan()
    curve = disc_exam().aif
    plasma = table(tmp_path / "aif.tsv.csv", "plasma_mmol_per_l", curve.t, curve.plasma)
    exam = gadmap.prepare(series, aif=plasma, mask="none")
    np.testing.assert_allclose(exam.aif.plasma, curve.plasma)
    short = table(tmp_path / "short.csv", "plasma_mmol_per_l", curve.t[:-2], curve.plasma[:-2])
    with pytest.raises(ValueError, match="cut short"):
        gadmap.prepare(series, aif=short, mask="none")


def test_an_aif_object_and_a_mask_of_the_artery_are_taken():
    series, _ = disc_scan()
    curve = disc_exam().aif
    given = Aif(t=curve.t, plasma=curve.plasma, source="mine", voxels=np.empty((0, 3), dtype=int))
    assert gadmap.prepare(series, aif=given, mask="none").aif.source == "mine"
    artery = np.zeros(GRID)
    artery[12, 11, 1] = 1
    assert gadmap.prepare(series, aif=artery, mask="none").aif.voxels.tolist() == [[12, 11, 1]]


def test_an_unknown_arterial_input_is_refused_with_what_there_is():
    series, _ = disc_scan()
    with pytest.raises(ValueError, match=r"arterial input 'parkinson'.*parker"):
        gadmap.prepare(series, aif="parkinson")


def test_maps_alone_are_written_with_what_they_know(tmp_path):
    maps = disc_maps()
    names = {path.name for path in gadmap.write(maps, tmp_path / "out")}
    assert {"ktrans.nii.gz", "kep_se.nii.gz", "reason.nii.gz", "maps.json"} <= names
    assert "aif.tsv" not in names
    record = json.loads((tmp_path / "out" / "maps.json").read_text())
    assert record["model"] == "extended-tofts"
    assert "aif" not in record
    with pytest.raises(FileExistsError, match="overwrite"):
        gadmap.write(maps, tmp_path / "out")
    gadmap.write(maps, tmp_path / "out", exam=disc_exam(), overwrite=True)
    assert (tmp_path / "out" / "aif.tsv").exists()


def test_an_empty_list_of_flip_angles_is_refused():
    """A pattern that matched no file must not end in an assumed T1."""
    with pytest.raises(ValueError, match="no flip-angle volume given"):
        gadmap.prepare(disc_scan()[0], vfa=[])
