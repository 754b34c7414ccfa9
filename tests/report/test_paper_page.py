"""Laws of the page on the paper: what it sets side by side, and what it says plainly."""

import re
from dataclasses import replace

import pytest
from paper_case import FAILURE, FIT_ERROR, NETWORKS, results, scores

from gadmap.evaluation import FIT
from gadmap.evaluation.published import LABELS, PUBLISHED
from gadmap.report.paper_differences import against_ours, against_the_fit, difference_rows
from gadmap.report.paper_page import render_paper, write_paper_page
from gadmap.report.paper_tables import best_of, cost_rows, likeness_rows, truth_rows
from gadmap.report.paper_words import place, shortfalls

FEW = ("cnn-local", "csab", "fcsa-net")


@pytest.fixture(scope="module")
def page() -> str:
    return render_paper(results())


def test_the_page_needs_nothing_outside_itself(page, tmp_path):
    assert not re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', page)
    assert not re.findall(r"url\((?!#)", page)
    written = write_paper_page(tmp_path / "paper.html", results())
    assert written.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_every_row_stands_beside_the_paper_s(page):
    for row in PUBLISHED.values():
        assert row.label in page
        assert f"{row.ssim[0]:.3f} ± {row.ssim[1]:.3f}" in page
        assert f"{row.rmse[0]:.4f} ± {row.rmse[1]:.4f}" in page
    assert "FCSA body" in page
    assert "115,283" in page


def test_the_page_says_what_the_data_were(page):
    assert "They are not the paper&#39;s data" in page
    assert "digital phantoms" in page
    real = render_paper(replace(results(FEW), real=True))
    assert "by the\n    paper's protocol on patients" in real
    assert "The data are phantoms" not in real


def test_the_page_is_the_same_each_time():
    assert render_paper(results(FEW)) == render_paper(results(FEW))


def test_the_best_figure_of_a_column_is_marked_once():
    rows = likeness_rows(results())
    for column in range(3):
        marked = [row.label for row in rows if row.cells[column][0].best]
        assert len(marked) == 1
    assert [row.label for row in rows] == [LABELS[name] for name in NETWORKS]


def test_the_fit_s_own_error_to_the_truth_is_a_row():
    rows = {row.label: row for row in truth_rows(results())}
    own = rows[LABELS[FIT]]
    assert own.is_fit
    assert own.to_fit is None
    assert float(own.to_truth.value) == pytest.approx(FIT_ERROR, rel=0.2)
    assert len(rows) == len(NETWORKS) + 1


def test_without_truth_the_page_says_so_and_has_no_such_rows():
    agreement = tuple(
        replace(one, found={k: v for k, v in one.found.items() if k.reference == "fit"})
        for one in scores(FEW)
        if one.name != FIT
    )
    blind = results(FEW, scores=agreement)
    assert truth_rows(blind) == []
    assert against_the_fit(blind) == []
    text = render_paper(blind)
    assert "No truth is known for these data" in text


def test_a_failed_training_is_a_row_with_its_reason():
    text = render_paper(results(FEW, failures=(FAILURE,)))
    assert FAILURE.reason in text
    assert any("LSTM, seed 1, failed" in said for said in shortfalls(results(failures=(FAILURE,))))


def test_a_page_of_one_network_stands_without_comparisons():
    text = render_paper(results(("cnn-local",)))
    assert "There are no two rows to compare" not in text  # the fit is still there to compare with
    assert "FCSA-net is not among the rows" in text


def test_shortfalls_name_what_was_not_reached():
    said = " ".join(shortfalls(results()))
    assert "2,000 training steps, the paper 20,000" in said
    assert "3 trainings of each network, the paper 10" in said
    assert "not the paper's patients" in said
    assert "5 test patients tell little" in said
    assert "No network is closer to the truth" in said
    assert "No network is faster than the exact fit" in said


def test_few_steps_are_called_a_rehearsal():
    said = " ".join(shortfalls(results(FEW, steps=60)))
    assert "So few only show that everything runs" in said


def test_the_place_is_the_rank_from_the_best():
    rows = {name: row for name, row in results().rows("fit").items() if name != FIT}
    best = best_of(rows, "rmse")
    assert best is not None
    assert place(rows, best, "rmse") == 1
    assert sorted(place(rows, name, "rmse") for name in rows) == list(range(1, len(rows) + 1))


def test_the_paper_s_own_close_rows_are_not_told_apart_by_its_own_spread():
    """FCSA-net against CNN(L)+FAB in the paper: .003 of SSIM, with an sd of .009 over trainings."""
    rows = {row.label: row for row in difference_rows(against_ours(results(), "ssim"))}
    assert rows["FCSA-net − CNN(L)+FAB"].paper == "+0.003 (p .441)"
    assert rows["FCSA-net − CNN(L)"].paper == "+0.052 (p < .001)"
    assert rows["FCSA-net − FCSA body"].paper == "–"


def test_whiskers_lie_in_order_on_their_track():
    for row in difference_rows(against_ours(results(), "rmse")):
        assert row.whisker is not None
        assert 0 < row.whisker.low <= row.whisker.value <= row.whisker.high < 100
        assert 0 < row.whisker.zero < 100


def test_table_one_holds_the_exact_fit_honestly():
    first = cost_rows(results())[0]
    assert (first.label, first.milliseconds) == ("least squares", "0.6")
    assert first.paper_milliseconds == "115,283"
