"""`gadmap report`: the page about results made anew."""

from pathlib import Path

import pytest

from disc import disc_exam, disc_maps, small_maps
from gadmap.io import write_maps
from gadmap.report.explained import read_explained


@pytest.fixture
def results(tmp_path: Path) -> Path:
    write_maps(tmp_path / "fit", disc_maps(), disc_exam(), {"created": "2026-01-01 00:00 UTC"})
    return tmp_path / "fit"


def test_the_page_is_made_anew_from_the_results_alone(run, results: Path):
    made = run("report", results)
    assert made.code == 0, made.err
    page = (results / "report.html").read_text(encoding="utf-8")
    assert "2026-01-01 00:00 UTC" in page
    assert "! T1 is assumed" in made.out
    assert "T1 is assumed" in page


def test_another_estimate_and_another_scale_are_shown(run, results: Path, tmp_path: Path):
    write_maps(tmp_path / "other", disc_maps(), disc_exam(), {}, keep_exam=False)
    page = tmp_path / "compared.html"
    made = run(
        "report", results, "--beside", tmp_path / "other", "--scale", "ktrans=0.3", "--out", page
    )
    assert made.code == 0, made.err
    text = page.read_text(encoding="utf-8")
    assert "Bland-Altman plot of ktrans" in text
    assert "Scale from 0 to 0.3 1/min, as asked for" in text
    assert not (results / "report.html").exists()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--out", "page.pdf"], "expected the name of an HTML file"),
        (["--beside", "nowhere"], "no maps.json; expected a folder that gadmap map wrote"),
        (["--explanation", "nowhere"], "expected a folder of gadmap explain"),
        (["--scale", "kapa=1"], "no such quantity"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(
    run, results: Path, tmp_path: Path, monkeypatch, arguments: list[str], line: str
):
    monkeypatch.chdir(tmp_path)
    made = run("report", results, *arguments)
    assert made.code == 1
    assert line in made.err
    assert made.err.count("\n") == 1
    assert not (results / "report.html").exists()


def test_a_page_that_is_there_is_not_replaced(run, results: Path, tmp_path: Path):
    page = tmp_path / "mine.html"
    page.write_text("mine")
    made = run("report", results, "--out", page)
    assert made.code == 1
    assert "is there already" in made.err
    assert page.read_text() == "mine"


def test_results_without_their_examination_say_so(run, tmp_path: Path):
    write_maps(tmp_path / "fit", disc_maps(), disc_exam(), {}, keep_exam=False)
    made = run("report", tmp_path / "fit")
    assert made.code == 1
    assert "--no-exam" in made.err


def test_an_estimate_on_another_grid_is_refused(run, results: Path, tmp_path: Path):
    write_maps(tmp_path / "small", small_maps(), None, {})
    made = run("report", results, "--beside", tmp_path / "small")
    assert made.code == 1
    assert "the dynamic series' grid" in made.err


def test_an_explanation_of_another_grid_is_refused(tmp_path: Path):
    (tmp_path / "explanation.json").write_text('{"grid": [1, 2, 3]}')
    with pytest.raises(ValueError, match="Is it another examination's"):
        read_explained(tmp_path, disc_exam())
    (tmp_path / "explanation.json").write_text("{}")
    with pytest.raises(ValueError, match="damaged"):
        read_explained(tmp_path, disc_exam())
