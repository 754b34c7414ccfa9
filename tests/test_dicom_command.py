"""`gadmap dicom`, as a user walks it."""

import pydicom

from disc import disc_exam, disc_maps
from gadmap.io import write_dicom, write_maps


def test_results_become_dicom_beside_the_images(run, tmp_path):
    write_dicom(tmp_path / "dicom", disc_exam().series)
    write_maps(tmp_path / "maps", disc_maps(), disc_exam(), {}, keep_exam=False)
    done = run("dicom", tmp_path / "maps", tmp_path / "dicom", "--out", tmp_path / "out")
    assert (done.code, done.err) == (0, "")
    assert "ktrans.dcm" in done.out
    assert pydicom.dcmread(tmp_path / "out" / "ktrans.dcm").NumberOfFrames == 3
    again = run("dicom", tmp_path / "maps", tmp_path / "dicom", "--out", tmp_path / "out")
    assert again.code == 1
    assert "--overwrite" in again.err


def test_images_that_are_not_there_are_one_line(run, tmp_path):
    write_maps(tmp_path / "maps", disc_maps(), disc_exam(), {}, keep_exam=False)
    done = run("dicom", tmp_path / "maps", tmp_path / "nowhere", "--out", tmp_path / "out")
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert not (tmp_path / "out").exists()
