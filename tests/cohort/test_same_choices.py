"""Results that are kept are those of the same choices, whatever their record's age."""

from pathlib import Path

import pytest

from disc import disc_exam, disc_maps
from gadmap.cohort.one_exam import require_same_choices
from gadmap.cohort.planned import PlannedExam
from gadmap.io import write_maps
from gadmap.pipeline import MapSettings

SIGNAL = {"domain": "signal", "model": "tofts"}


def planned(**choices) -> PlannedExam:
    return PlannedExam(
        name="one",
        folder=Path("one"),
        source=Path("one"),
        settings=MapSettings(**choices),
        participant="one",
    )


def results(folder: Path, without: tuple[str, ...] = (), **choices) -> Path:
    """A folder with the record of a run, less the choices that its version did not have."""
    settings = MapSettings(**choices)
    options = settings.record(settings.chosen_estimator())
    kept = {name: value for name, value in options.items() if name not in without}
    write_maps(folder / "one", disc_maps(), disc_exam(), {"options": kept}, keep_exam=False)
    return folder / "one"


def test_a_choice_that_was_not_there_yet_was_the_usual_one(tmp_path: Path):
    old = results(tmp_path, without=("water_exchange", "noise"), **SIGNAL)
    require_same_choices(planned(**SIGNAL), old)
    with pytest.raises(ValueError, match="water_exchange fast, now none"):
        require_same_choices(planned(**SIGNAL, water_exchange="none"), old)


def test_results_without_exchange_are_not_those_of_fast_exchange(tmp_path: Path):
    none = results(tmp_path, **SIGNAL, water_exchange="none")
    require_same_choices(planned(**SIGNAL, water_exchange="none"), none)
    with pytest.raises(ValueError, match="water_exchange none, now fast"):
        require_same_choices(planned(**SIGNAL), none)


def test_results_of_compared_models_are_not_those_of_one(tmp_path: Path):
    compared = results(tmp_path, compare=("tofts", "patlak"))
    with pytest.raises(ValueError, match="compare"):
        require_same_choices(planned(), compared)
