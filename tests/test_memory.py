"""Laws of a limit of memory: the same results, and a limit that is kept or refused in one line."""

import gzip
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import gadmap.physics.voxels
from disc import disc_scan
from gadmap.io import read_series, write_dicom, write_nifti
from gadmap.io.nifti_write import save_frames, save_nifti
from gadmap.pipeline import MapSettings, map_exam
from gadmap.pipeline.memory import memory_bytes, room_within
from gadmap.preparation import prepare

SETTINGS = MapSettings(aif="parker", model="extended-tofts")


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The disc as DICOM, as compressed NIfTI and as NIfTI that is not."""
    folder = tmp_path_factory.mktemp("case")
    series, flips = disc_scan()
    write_dicom(folder / "dicom", series, flips)
    write_nifti(folder / "nifti", series, flips)
    (folder / "plain").mkdir()
    for file in (folder / "nifti").iterdir():
        target = folder / "plain" / file.name.removesuffix(".gz")
        content = file.read_bytes()
        target.write_bytes(gzip.decompress(content) if file.suffix == ".gz" else content)
    return {
        "DICOM": folder / "dicom",
        "NIfTI": folder / "plain" / "dce.nii",
        "compressed NIfTI": folder / "nifti" / "dce.nii.gz",
    }


def least(source: Path, folder: Path) -> str:
    """The least memory that the refusal names, and a little for what is held by then."""
    with pytest.raises(ValueError, match="expected at least") as refusal:
        map_exam(source, folder / "refused", SETTINGS, mem="10M")
    assert not (folder / "refused").exists()
    found = re.search(r"expected at least (\d+)M", str(refusal.value))
    assert found
    return f"{int(found[1]) + 64}M"


@pytest.mark.parametrize("kind", ["DICOM", "NIfTI"])
def test_many_slabs_give_the_same_files_as_the_whole(kind, case, tmp_path, monkeypatch):
    """In slabs of 64 voxels out of some hundred, bit for bit; the kept examination too."""
    whole = map_exam(case[kind], tmp_path / "whole", SETTINGS)
    monkeypatch.setattr(gadmap.physics.voxels, "VOXELS_A_SLAB", 64)
    parts = map_exam(case[kind], tmp_path / "parts", SETTINGS, mem=least(case[kind], tmp_path))
    assert whole.exam.mask.sum() > 5 * 64
    assert whole.maps.values.keys() == parts.maps.values.keys()
    for name, values in whole.maps.values.items():
        np.testing.assert_array_equal(parts.maps[name], values, err_msg=name)
    for name, errors in whole.maps.standard_error.items():
        np.testing.assert_array_equal(parts.maps.standard_error[name], errors, err_msg=name)
    np.testing.assert_array_equal(parts.maps.reason, whole.maps.reason)
    names = [{file.name for file in run.files} for run in (whole, parts)]
    assert names[0] == names[1]
    series = [(tmp_path / run / "exam" / "series.nii").read_bytes() for run in ("whole", "parts")]
    assert series[0] == series[1]


def test_a_found_artery_is_the_same_in_pieces(case, tmp_path, monkeypatch):
    """The search for the artery, too, looks at a few voxels at a time."""
    whole = prepare(read_series(case["NIfTI"]))
    monkeypatch.setattr("gadmap.preparation.aif_candidates._CHUNK", 50)
    parts = prepare(read_series(case["NIfTI"], room=room_within(1 << 40, tmp_path)))
    np.testing.assert_array_equal(parts.aif.voxels, whole.aif.voxels)
    np.testing.assert_allclose(parts.aif.plasma, whole.aif.plasma, rtol=1e-12)


def test_a_process_takes_no_more_than_it_is_allowed(case, tmp_path):
    """Peak resident memory of a process that maps under the least limit there is.

    The compiler of the fit's machine code takes more, once after installation: here before.
    """
    code = (
        "import re, sys\nfrom gadmap.pipeline import MapSettings, map_exam\n"
        "source, out = sys.argv[1:]\nsettings = MapSettings(aif='parker')\n"
        "try:\n    map_exam(source, out, settings, mem='10M')\n"
        "except ValueError as error:\n"
        "    least = int(re.search(r'at least (\\d+)M', str(error))[1]) + 4\n"
        "map_exam(source, out, settings, mem=f'{least}M')\n"
        "peak = re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]\n"
        "print(least, int(peak) / 1024)"
    )
    compiling = code.replace("mem='10M'", "mem='9G'").partition("except")[0] + "finally: pass"
    command = [sys.executable, "-c", code, case["compressed NIfTI"], tmp_path / "out"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    first = [sys.executable, "-c", compiling, case["compressed NIfTI"], tmp_path / "compiled"]
    subprocess.run(first, check=True, env=environment)
    said = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    allowed, peak = map(float, said.stdout.split())
    assert peak < allowed


def test_a_limit_says_what_it_was_and_what_would_do(case, tmp_path, run):
    ended = run("map", case["NIfTI"], "--out", tmp_path / "out", "--mem", "100M")
    assert ended.code == 1
    assert re.fullmatch(
        r"error: memory of 100M is too little for 18 x 22 x 3 voxels and 24 frames; expected at "
        r"least \d+M, of which \d+M are held already, by libraries above all\n",
        ended.err,
    )


@pytest.mark.parametrize(
    ("mem", "expected"),
    [("1G", 1 << 30), ("800M", 800 << 20), ("1.5GiB", 3 << 29), (" 2 g", 2 << 30), (4096, 4096)],
)
def test_sizes_are_read_as_people_write_them(mem, expected):
    assert memory_bytes(mem) == expected


@pytest.mark.parametrize("mem", ["", "much", "-1G", "0", "1X", "G"])
def test_what_is_no_size_is_refused(mem):
    with pytest.raises(ValueError, match="expected a size like 1G"):
        memory_bytes(mem)


@pytest.mark.parametrize("settings", [MapSettings(estimator="fcsa-net"), MapSettings(motion=True)])
def test_what_holds_more_of_a_series_at_once_is_not_promised_a_limit(settings, case, tmp_path):
    with pytest.raises(ValueError, match="least-squares without motion correction only"):
        map_exam(case["NIfTI"], tmp_path / "out", settings, mem="2G")


def test_a_series_is_read_frame_by_frame(case, tmp_path):
    """Samples in scratch are those in memory, for scaled NIfTI too."""
    for source in case.values():
        there = read_series(source, room=room_within(1 << 40, tmp_path)).signal
        np.testing.assert_array_equal(there, read_series(source).signal)


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_frames_make_the_file_that_nibabel_makes(tmp_path, dtype):
    series = np.random.default_rng(0).integers(-900, 900, (5, 4, 3, 6)).astype(np.float32)
    affine = np.diag([1.5, 1.5, 4.0, 1.0])
    save_frames(tmp_path / "frames.nii", series, affine, "signal", np.dtype(dtype))
    save_nifti(tmp_path / "whole.nii", series.astype(dtype), affine, "signal")
    assert (tmp_path / "frames.nii").read_bytes() == (tmp_path / "whole.nii").read_bytes()
