import pytest
import torch

from gadmap.physics.aifs import POPULATION_AIFS, parker_blood
from validation.reference_data import POPULATIONS, population_curve

every_aif = pytest.mark.parametrize("aif", POPULATION_AIFS.values(), ids=list(POPULATION_AIFS))
TIMES = torch.linspace(0, 600, 1201, dtype=torch.float64)


@pytest.mark.data
@pytest.mark.parametrize("name", POPULATIONS)
def test_the_curve_is_that_of_osipi(reference_data, name):
    """OSIPI code collection: whole blood at times since onset [min], all its sampling schemes."""
    minutes, expected = map(torch.tensor, population_curve(reference_data, name))
    blood = POPULATION_AIFS[name].plasma(minutes * 60, 0.42) * (1 - 0.42)
    torch.testing.assert_close(blood, expected, rtol=0.01, atol=1e-4)


def test_weinmann_starts_at_the_dose_times_both_amplitudes():
    """0.1 mmol/kg (3.99 + 4.78) kg/L, Tofts and Kermode 1991."""
    start = POPULATION_AIFS["weinmann"].plasma(torch.zeros(1, dtype=torch.float64), 0.42)
    assert start.item() == pytest.approx(0.877, rel=1e-12)


def test_parker_peaks_at_6_mmol_per_litre_of_blood_10_seconds_after_onset():
    """Parker et al. 2006, figure 3."""
    blood = POPULATION_AIFS["parker"].plasma(TIMES, 0.0)
    assert blood.max().item() == pytest.approx(6.0, abs=0.15)
    assert TIMES[blood.argmax()].item() == pytest.approx(10.2, abs=0.5)


@pytest.mark.parametrize("circulation", [0.6, 1.7])
def test_a_faster_circulation_divides_the_area_of_the_passes(circulation):
    """Stewart and Hamilton: area is dose over flow."""
    minutes = torch.linspace(0, 10, 20001, dtype=torch.float64)

    def passes(pace):  # of a tail that falls at once
        return torch.trapezoid(parker_blood(minutes, pace, washout=1e4), minutes)

    assert passes(circulation) == pytest.approx(passes(1.0).item() / circulation, rel=1e-3)


def test_a_faster_washout_only_steepens_the_tail():
    minutes = torch.linspace(0, 10, 1001, dtype=torch.float64)
    usual, fast = parker_blood(minutes), parker_blood(minutes, washout=2.0)
    early, late = minutes < 0.3, minutes > 3
    torch.testing.assert_close(fast[early], usual[early], rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(fast[late], usual[late] * torch.exp(-0.1685 * minutes[late]))


@every_aif
def test_there_is_no_agent_before_the_onset(aif):
    before = torch.linspace(-600, -1e-6, 50, dtype=torch.float64)
    assert (aif.plasma(before, 0.42) == 0).all()


@every_aif
def test_concentration_is_finite_and_never_negative(aif):
    plasma = aif.plasma(TIMES, 0.42)
    assert plasma.isfinite().all()
    assert (plasma >= 0).all()
    assert plasma.max() > 0.5


@every_aif
def test_only_a_curve_of_blood_depends_on_the_haematocrit(aif):
    """Red cells take up no agent: plasma holds what blood holds in 1 - hct of its volume."""
    thin, thick = aif.plasma(TIMES, 0.0), aif.plasma(TIMES, 0.5)
    torch.testing.assert_close(thick, 2 * thin if aif.in_blood else thin)


@every_aif
def test_a_sample_does_not_depend_on_the_others(aif):
    together = aif.plasma(TIMES, 0.42)
    for i in (0, 7, 100, 1200):
        torch.testing.assert_close(aif.plasma(TIMES[i : i + 1], 0.42), together[i : i + 1])


@every_aif
def test_the_result_has_the_precision_and_shape_of_the_times(aif):
    times = TIMES[:1200].reshape(3, 400)
    assert aif.plasma(times, 0.42).shape == (3, 400)
    single = aif.plasma(times.float(), 0.42)
    assert single.dtype == torch.float32
    torch.testing.assert_close(single.double(), aif.plasma(times, 0.42), rtol=1e-3, atol=1e-4)
    assert aif.plasma(times[:0], 0.42).numel() == 0


@every_aif
def test_the_citation_names_author_year_and_journal(aif):
    assert aif.name.capitalize() in aif.citation
    assert any(year in aif.citation for year in ("2006", "2019", "1984"))
