"""Laws of the studies behind the page on validation."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from gadmap.physics.convolution import exponential_convolution
from validation import page
from validation.noise import TISSUE, spreads
from validation.propagation import NONE, Mistake, changes
from validation.rules import RULES, convolved, rectangle, tofts_by_rule, trapezium
from validation.sampling import FINE, errors, frame_times, truth
from validation.study import Study, table

ROOT = Path(__file__).parents[1]
RATES = np.array([0.05, 0.5, 3.0])


def bolus(step):
    """A smooth bolus, on even frames over three minutes."""
    t = np.arange(0, 180 + step / 2, step)
    return t, t * np.exp(-t / 20)


def exact(t, plasma):
    curve, minutes = torch.tensor(plasma), torch.tensor(t / 60)
    return exponential_convolution(curve, minutes, torch.tensor(RATES)).numpy()


@pytest.mark.parametrize(("rule", "order"), [(trapezium, 2), (rectangle, 1)])
def test_every_rule_becomes_the_exact_one_in_the_limit_of_small_steps(rule, order):
    """The error falls with the step, and with its square for the trapezium rule."""
    worst = []
    for step in (2.0, 1.0, 0.5):
        t, plasma = bolus(step)
        found, expected = convolved(rule, t, plasma, RATES), exact(t, plasma)
        worst.append(np.abs(found - expected).max() / expected.max())
    np.testing.assert_allclose(np.array(worst[:-1]) / worst[1:], 2.0**order, rtol=0.15)


def test_without_decay_the_rules_are_the_textbooks_own():
    t, plasma = np.array([0.0, 60.0, 180.0]), np.array([1.0, 2.0, 4.0])
    none = np.zeros(1)
    np.testing.assert_allclose(convolved(trapezium, t, plasma, none)[0], [0, 1.5, 7.5])
    np.testing.assert_allclose(convolved(rectangle, t, plasma, none)[0], [0, 2, 10])


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_a_curve_made_by_a_rule_comes_back_by_it(rule):
    t, plasma = bolus(5.0)
    ktrans, ve = np.array([0.05, 0.1, 0.4]), np.array([0.4, 0.2, 0.1])
    curves = ktrans[:, None] * convolved(rule, t, plasma, ktrans / ve)
    found = tofts_by_rule(rule, curves, t, plasma)
    np.testing.assert_allclose(found["ktrans"], ktrans, rtol=1e-6)
    np.testing.assert_allclose(found["ve"], ve, rtol=1e-6)


def test_the_truth_of_the_sampling_study_has_no_step_left():
    coarse, fine = truth(FINE), truth(FINE / 2)
    there = np.stack([np.interp(coarse.t, fine.t, curve) for curve in fine.tissue])
    gap = np.abs(coarse.tissue - there).max(axis=1)
    assert (gap < 5e-5 * there.max(axis=1)).all()


def test_frames_as_dense_as_the_truth_err_by_nothing():
    made = truth(0.5)
    found = errors(made, made.t[:700])["exact"]
    for quantity in ("ktrans", "ve"):
        np.testing.assert_allclose(found[quantity], 0, atol=2e-4)


def test_jittered_frames_rise():
    for shift in (0.0, 0.5):
        assert (np.diff(frame_times(5.0, shift, np.random.default_rng(0))) > 0).all()


def test_errors_told_at_little_noise_are_the_bound_of_cramer_and_rao():
    quiet = next(iter(spreads("extended-tofts", draws=50).values()))
    for name in TISSUE["extended-tofts"]:
        assert quiet[name].told == pytest.approx(quiet[name].bound, rel=0.03)


def test_nothing_wrong_changes_nothing():
    for measured in (False, True):
        for change in changes(NONE, measured=measured).values():
            assert change == pytest.approx(0, abs=1e-5)


def test_half_an_input_doubles_every_parameter():
    for change in changes(Mistake(amplitude=0.5), measured=False).values():
        assert change == pytest.approx(1, rel=1e-4)


def test_a_relaxivity_that_enters_tissue_and_input_alike_cancels():
    for change in changes(Mistake(relaxivity=1.3), measured=True).values():
        assert change == pytest.approx(0, abs=1e-5)


def test_a_haematocrit_scales_by_the_share_of_plasma():
    for change in changes(Mistake(hct=0.5), measured=False).values():
        assert change == pytest.approx(0.5 / 0.58 - 1, rel=1e-4)


def test_a_table_has_a_row_a_row_and_numbers_to_the_right():
    lines = table(("what", "value"), [("a", "1.5 %"), ("b", "−2 %")]).splitlines()
    assert lines == ["| what | value |", "| --- | ---: |", "| a | 1.5 % |", "| b | −2 % |"]


def test_a_section_names_its_command_and_its_figures(tmp_path):
    made = Study(name="one", title="One", text="Before\n\n{figure}", figures={"A dot": Figure()})
    assert "## One\n\nBefore\n\n![A dot](images/validation-one-1.png)" in made.markdown()
    assert "`.venv/bin/python -m validation.one`" in made.markdown()
    made.save_figures(tmp_path)
    first = (tmp_path / "validation-one-1.png").read_bytes()
    made.save_figures(tmp_path)
    assert (tmp_path / "validation-one-1.png").read_bytes() == first


def test_the_page_is_not_replaced_by_less(tmp_path, monkeypatch):
    old = tmp_path / "validation.md"
    old.write_text("whole")
    monkeypatch.setattr(page, "PAGE", old)
    monkeypatch.setenv("GADMAP_DATA", str(tmp_path / "nowhere"))
    monkeypatch.setattr(sys, "argv", ["page"])
    with pytest.raises(SystemExit, match="error: no reference data"):
        page.main()
    assert old.read_text() == "whole"


def test_a_page_with_less_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "PAGE", tmp_path / "validation.md")
    monkeypatch.setattr(page, "IMAGES", tmp_path / "images")
    monkeypatch.setattr(page, "OWN", (lambda: Study(name="one", title="One", text="said"),))
    monkeypatch.setenv("GADMAP_DATA", str(tmp_path / "nowhere"))
    monkeypatch.setattr(sys, "argv", ["page", "--without-data"])
    page.main()
    text = (tmp_path / "validation.md").read_text()
    assert text.count("Not made: the reference data were not there.") == 2
    assert "## One\n\nsaid" in text


def test_every_command_and_figure_of_the_page_is_there():
    text = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    commands = re.findall(r"python -m validation\.(\w+)`", text)
    assert len(commands) == len(page.REFERENCE) + len(page.OWN)
    assert all((ROOT / "validation" / f"{name}.py").is_file() for name in commands)
    figures = re.findall(r"\(images/(validation-[\w-]+\.png)\)", text)
    there = {file.name for file in (ROOT / "docs" / "images").glob("validation-*.png")}
    assert set(figures) == there
