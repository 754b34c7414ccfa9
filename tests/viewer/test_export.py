"""The page as one file."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from disc import AFFINE, FRAMES, GRID, TUMOUR, disc_maps
from gadmap.io.nifti_write import save_nifti


@pytest.fixture
def region(tmp_path: Path) -> Path:
    mask = np.zeros(GRID, dtype=np.uint8)
    mask[TUMOUR] = 1
    save_nifti(tmp_path / "region.nii.gz", mask, AFFINE, "region")
    return tmp_path / "region.nii.gz"


def test_the_file_holds_all_it_needs_and_the_command_says_its_size(run, fit: Path, tmp_path: Path):
    page = tmp_path / "page.html"
    made = run("view", fit, "--export", page, "--maps", "ktrans,ve", "--curves", 5)
    assert made.code == 0, made.err
    assert "the 5 voxels with the highest ktrans" in made.out
    assert f"{page.stat().st_size / 1e6:.1f} MB" in made.out
    text = page.read_text(encoding="utf-8")
    head = text.replace(text[text.index("<script>") :], "")
    assert not re.search(r"<(?:script|link|img)[^>]+(?:src|href)=[\"'](?!data:)", head)
    assert '"map/0/ve"' in text
    assert '"map/0/kep"' not in text


def test_the_curves_are_those_of_the_region(run, fit: Path, tmp_path: Path, region: Path):
    made = run("view", fit, "--export", tmp_path / "page.html", "--region", region)
    assert made.code == 0, made.err
    assert "the curves of 1 of the region's 1 voxels" in made.out
    assert '"13,11,0":' in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_the_voxels_with_curves_are_the_highest_of_the_certain_ones(run, fit, tmp_path):
    run("view", fit, "--export", tmp_path / "page.html", "--curves", 1)
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    held = re.findall(r'"(\d+,\d+,\d+)":', text)
    values = [disc_maps()["ktrans"][tuple(map(int, voxel.split(",")))] for voxel in held]
    assert len(held) == 2  # and the one where it opens
    assert max(values) == np.nanmax(disc_maps()["ktrans"])


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--export", "page.pdf"], "expected the name of an HTML file"),
        (["--export", "page.html", "--maps", "kapa"], "expected names of ktrans, ve, vp"),
        (["--export", "page.html", "--region", "nowhere.nii"], "no such file"),
        (["nowhere"], "no maps.json"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(
    run, fit: Path, tmp_path: Path, monkeypatch, arguments: list[str], line: str
):
    monkeypatch.chdir(tmp_path)
    made = run("view", fit, *arguments)
    assert made.code == 1
    assert line in made.err
    assert made.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("options", "images"), [((), FRAMES), (("--no-frames",), 1)])
def test_the_page_holds_every_frame_or_one_image_before_contrast(
    run, fit: Path, tmp_path: Path, options: tuple[str, ...], images: int
):
    page = tmp_path / "page.html"
    assert run("view", fit, "--export", page, *options).code == 0
    held = re.search(
        r'<script type="application/json" id="embedded">(.*?)</script>', page.read_text()
    )
    assert held is not None
    assert len(json.loads(held[1])["images"]["sheets"]) == images


def test_options_of_the_export_alone_are_refused(run, fit: Path):
    assert run("view", fit, "--maps", "ve").code == 2


def test_a_file_that_is_there_is_not_replaced(run, fit: Path, tmp_path: Path):
    (tmp_path / "page.html").write_text("mine")
    made = run("view", fit, "--export", tmp_path / "page.html")
    assert made.code == 1
    assert (tmp_path / "page.html").read_text() == "mine"
