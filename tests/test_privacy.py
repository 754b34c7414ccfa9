"""Nothing that is written, printed or raised holds a name, number, date, UID or path of a patient.

DICOM with planted identifiers goes through the commands; every byte of what they leave, and of what
they say, is searched, also inside compressed files and pictures. `gadmap dicom` without
`--anonymize` is the stated exception: an archive must know whose maps they are.
"""

import re
import shutil
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pydicom
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, MRImageStorage

import gadmap
from disc import AFFINE, GRID, disc_truth
from drawn_networks import some_trained
from gadmap.cohort.one_exam import run_exam
from gadmap.cohort.outcome import remember
from gadmap.cohort.overview import write_overview
from gadmap.cohort.table import exams_of_table
from gadmap.networks.checkpoint import write_network
from gadmap.networks.frame_grid import FrameGrid
from gadmap.pipeline import MapSettings
from planted import FOLDER, NAME, RECORD, ROOT, STUDY, found_in, identify, plant

FRAMES = FrameGrid(step=6.0, frames=12, baseline=3)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plant(tmp_path_factory.mktemp("hospital"))


@pytest.fixture
def copy(planted: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(planted, tmp_path / "ward" / FOLDER))


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    trained = some_trained("fcsa-net", quantities=("ktrans",), grid=FRAMES)
    return write_network(tmp_path_factory.mktemp("weights") / "net.safetensors", trained)


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("mask") / "region.nii.gz"
    mask = np.broadcast_to(disc_truth()["inside"], GRID).astype(np.uint8)
    nib.save(nib.Nifti1Image(mask, AFFINE), file)
    return file


def images(folder: Path, number: int = 4) -> list[Path]:
    """DICOM files of a series; 4 is the dynamic one."""
    return sorted(file for file in folder.rglob("*.dcm") if file.parent.name.endswith(f".{number}"))


def require_private(folder: Path, source: Path, *said: str) -> int:
    """Raise AssertionError where a file below a folder, its name, or what was said tells anything.

    Returns
    -------
    int
        Files searched.
    """
    more = (str(source), str(source.parent))
    for text in said:
        assert found_in(text.encode(), more) == [], text
    files = [file for file in folder.rglob("*") if file.is_file()]
    for file in files:
        name = file.relative_to(folder).as_posix()
        assert found_in(name.encode()) == [], name
        assert found_in(file.read_bytes(), more) == [], name
    return len(files)


def test_the_search_finds_what_is_planted(planted: Path):
    """In a header, a path, a compressed file, and a picture in a page."""
    header = images(planted)[0].read_bytes()
    assert {"quistgaard", "730918", ROOT, "19411107"} <= set(found_in(header))
    assert "quistgaard" in found_in(str(planted).encode())
    import base64
    import gzip
    import io

    from PIL import Image, PngImagePlugin

    note, picture = PngImagePlugin.PngInfo(), io.BytesIO()
    note.add_text("Comment", f"of {NAME}", zip=True)
    Image.new("L", (8, 8)).save(picture, "png", pnginfo=note)
    page = b"<img src='data:;base64," + base64.b64encode(picture.getvalue()) + b"'>"
    assert "margrethe" in found_in(page)
    assert "margrethe" in found_in(gzip.compress(NAME.encode()))


def test_a_mapped_examination_tells_nothing_of_the_patient(planted: Path, run, tmp_path):
    out, page = tmp_path / "out", tmp_path / "page.html"
    said = [run("map", planted, "--aif", "parker", "--out", out)]
    said.append(run("report", out, "--out", tmp_path / "again.html"))
    said.append(run("view", out, "--export", page, "--curves", 20))
    said.append(run("dicom", out, planted, "--anonymize", "--out", tmp_path / "archive"))
    assert [one.code for one in said] == [0] * 4, said
    searched = require_private(
        tmp_path, planted, *(text for one in said for text in (one.out, one.err))
    )
    assert searched > 20
    assert "skipped 1 file (not DICOM)" in said[0].out
    assert re.search(r"not read: file \d+ of 82", said[0].out)


def test_networks_and_their_explanation_tell_nothing_of_the_patient(
    planted: Path, network: Path, region: Path, run, tmp_path
):
    mapped = run("map", planted, "--estimator", network, "--out", tmp_path / "out")
    explained = run(
        *("explain", planted, "--weights", network, "--region", region, "--aif", "parker"),
        *("--out", tmp_path / "why"),
    )
    assert (mapped.code, explained.code) == (0, 0), (mapped, explained)
    said = (mapped.out, mapped.err, explained.out, explained.err)
    assert require_private(tmp_path, planted, *said) > 20


def test_what_is_told_of_a_folder_tells_nothing_of_the_patient(planted: Path, run, tmp_path):
    said = [run("info", planted), run("info", planted, "--json"), run("info", images(planted)[0])]
    assert [one.code for one in said] == [0] * 3
    require_private(tmp_path, planted, *(text for one in said for text in (one.out, one.err)))
    assert "disc" in said[0].out, "what the scanner calls the series stays"


def test_the_archive_gets_the_patient(planted: Path, run, tmp_path):
    """The stated exception: without --anonymize, maps are the patient's."""
    run("map", planted, "--aif", "parker", "--out", tmp_path / "out")
    said = run("dicom", tmp_path / "out", planted, "--out", tmp_path / "archive")
    require_private(tmp_path / "out", planted, said.out, said.err)
    image = pydicom.dcmread(tmp_path / "archive" / "ktrans.dcm")
    assert (image.PatientName, image.PatientID, image.StudyInstanceUID) == (NAME, RECORD, STUDY)


Damage = Callable[[Path], object]


def edited(change: Callable[[pydicom.Dataset], None], number: int = 4, count: int = 1) -> Damage:
    """A change to the first images of a series."""

    def damage(folder: Path) -> None:
        for file in images(folder, number)[:count]:
            dataset = pydicom.dcmread(file)
            change(dataset)
            dataset.save_as(file, enforce_file_format=False)

    return damage


def cut(folder: Path) -> None:
    file = images(folder)[3]
    file.write_bytes(file.read_bytes()[:-40])


def garbled(folder: Path) -> None:
    """Rows is said to be of the type of names, and is one."""
    file = images(folder)[3]
    content = file.read_bytes()
    place = content.index(b"\x28\x00\x10\x00US")
    file.write_bytes(content[: place + 4] + b"PN\x14\x00" + NAME.encode() + content[place + 10 :])


def deflated(folder: Path) -> None:
    dataset = pydicom.dcmread(images(folder)[3])
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dataset.save_as(images(folder)[3], enforce_file_format=True)


def closed(folder: Path) -> None:
    """A link that leads to itself can be opened by nobody, not even by root."""
    file = images(folder)[3]
    file.unlink()
    file.symlink_to(file)


def duplicate(folder: Path) -> None:
    shutil.copy(images(folder)[3], images(folder)[3].with_suffix(".again"))


def second_series(folder: Path) -> None:
    again = shutil.copytree(images(folder)[0].parent, folder / STUDY / f"{ROOT}99.9")
    for number, file in enumerate(sorted(again.iterdir())):
        dataset = pydicom.dcmread(file)
        identify(dataset, 1000 + number)
        dataset.SeriesInstanceUID = f"{ROOT}99.9"
        dataset.save_as(file)


def empty(folder: Path) -> None:
    for file in folder.rglob("*.dcm"):
        file.write_bytes(b"")


DAMAGES: dict[str, Damage] = {
    "image missing": lambda folder: images(folder)[3].unlink(),
    "image cut": cut,
    "header garbled": garbled,
    "deflated": deflated,
    "unreadable": closed,
    "duplicate": duplicate,
    "two series": second_series,
    "no image": empty,
    "nowhere": shutil.rmtree,
    "absurd size": edited(lambda dataset: setattr(dataset, "Rows", 65535)),
    "matrix": edited(lambda dataset: setattr(dataset, "PixelSpacing", [3, 3])),
    "position": edited(lambda dataset: setattr(dataset, "ImagePositionPatient", [0, 0, 2])),
    "no times": edited(lambda dataset: (dataset.pop("AcquisitionTime"), dataset.pop("ContentTime")),
                       count=99),
    "angle": edited(lambda dataset: setattr(dataset, "FlipAngle", 0.3), number=2, count=99),
    "no angle": edited(lambda dataset: dataset.pop("FlipAngle"), count=1),
    "mosaic": edited(lambda dataset: setattr(dataset, "ImageType", ["O", "P", "MOSAIC"]), count=99),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_run_that_fails_tells_nothing_of_the_patient(damage: Damage, copy: Path, run, tmp_path):
    damage(copy)
    failed = run("map", copy, "--aif", "parker", "--out", tmp_path / "out")
    assert failed.code == 1, failed
    told = run("info", copy)
    with pytest.raises((ValueError, OSError)) as caught:
        gadmap.prepare(gadmap.read(copy), vfa=copy, aif="parker")
    whole = "".join(traceback.format_exception(caught.value))
    said = (failed.out, failed.err, told.out, told.err, str(caught.value), repr(caught.value))
    assert not (tmp_path / "out").exists()
    require_private(tmp_path / "out", copy, *said)
    assert found_in(_messages(whole).encode(), (str(copy),)) == []


def _messages(text: str) -> str:
    """A traceback without the lines of code, which name these tests' own constants."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("  "))


def test_libraries_say_nothing_of_the_patient_on_the_console(copy: Path, tmp_path):
    """In a process of its own, where warnings are printed: of a UID against DICOM's rules."""

    uid = b"1.2.826.0.1.3680043.9.717x"
    file = images(copy)[0]
    file.write_bytes(file.read_bytes().replace(MRImageStorage.encode() + b"\0", uid))
    command = [sys.executable, "-c", "from gadmap.cli import main; main()", "info", str(copy)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found_in((said.stdout + said.stderr).encode(), (str(copy), uid.decode())) == []
    assert "skipped 1 file (DICOM, no MR image)" in said.stdout


@pytest.mark.parametrize("name", ["disc", "4", f"{ROOT}12.60412277.4", "60412277.4", "4 #1"])
def test_how_the_series_was_chosen_tells_no_uid(name: str, planted: Path, run, tmp_path):
    out = tmp_path / "out"
    said = run("map", planted, "--aif", "parker", "--series", name, "--out", out)
    assert said.code == 0, said
    require_private(out, planted, said.out)


def test_a_uid_that_is_not_there_is_not_repeated(planted: Path, run, tmp_path):
    said = run("map", planted, "--series", f"{ROOT}4711", "--out", tmp_path / "out")
    assert "no series of that UID among" in said.err
    require_private(tmp_path / "out", planted, said.err)


def test_the_second_of_two_alike_series_is_chosen_by_its_place(copy: Path, run, tmp_path):
    second_series(copy)
    both = run("map", copy, "--aif", "parker", "--series", "4", "--out", tmp_path / "out")
    assert '--series "4 #2"' in both.err or 'as in --series "5 #2"' in both.err
    one = run("map", copy, "--aif", "parker", "--series", "4 #2", "--out", tmp_path / "out")
    assert one.code == 0, one


def test_a_file_is_found_by_its_number_when_asked_for(copy: Path, run):
    """The number of a refusal leads to the file, and only who asks is told."""
    cut(copy)
    failed = run("info", copy)
    number = re.search(r"file (\d+) of 82: .*cut short", failed.err)
    assert number
    asked = run("info", copy, "--file", number[1])
    assert asked.out.strip() == str(images(copy)[3])
    assert "expected 1 to 82" in run("info", copy, "--file", 83).err


def test_a_cohort_tells_nothing_of_its_patients_nor_why_one_failed(planted: Path, run, tmp_path):
    """An examination that can be mapped and one that cannot; its label is all that it is called."""
    ward, out = tmp_path / "ward", tmp_path / "out"
    for name in ("good", "bad"):
        shutil.copytree(planted, ward / name / FOLDER)
    cut(ward / "bad" / FOLDER)
    rows = ["exam,input,aif", *(f"{name},{name}/{FOLDER},parker" for name in ("good", "bad"))]
    table = ward / "exams.csv"
    table.write_text("\n".join(rows) + "\n")
    exams = exams_of_table(table, ward, MapSettings())
    ends = [run_exam(exam, out, force=False, keep_exam=True) for exam in exams]
    for end in ends:
        remember(out, end)
    assert [end.state for end in ends] == ["finished", "failed"]
    write_overview(out, exams)
    grouped = run("cohort", ward, out, "group", "--table", table)
    told = (out / "cohort.tsv").read_text()
    assert re.search(r"bad\t.*failed\tfile \d+ of 82: .*cut short", told), told
    texts = (grouped.out, grouped.err, *(end.reason for end in ends))
    assert require_private(out, ward / "bad", *texts) > 20
