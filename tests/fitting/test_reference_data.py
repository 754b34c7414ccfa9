"""Curves of known truth from public collections; tolerances are those of OSIPI's own tests."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.io import loadmat

from gadmap import fit_curves
from gadmap.physics.relaxivity import concentration_of_rate
from gadmap.physics.spgr import spgr_r1, spgr_s0

pytestmark = pytest.mark.data
TOLERANCE = {  # absolute, relative
    "ktrans": (0.005, 0.1),
    "ve": (0.05, 0.0),
    "vp": (0.025, 0.0),
    "fp": (5.0, 0.1),
    "ps": (0.005, 0.1),
}


def osipi_cases(folder: Path, file: str) -> list[dict[str, str]]:
    csv.field_size_limit(1 << 26)
    with (folder / "osipi" / file).open(encoding="utf-8-sig") as table:
        return list(csv.DictReader(table))


def numbers(text: str) -> np.ndarray:
    return np.array([float(word) for word in text.split()])


def worst_share(
    cases: list[dict[str, str]], model: str, curve: str, plasma: str, truth: dict[str, str]
) -> dict[str, float]:
    """Largest error of each parameter over what OSIPI allows; arguments name the columns."""
    worst = dict.fromkeys(truth, 0.0)
    for case in cases:  # those of one plasma curve are fitted at once
        of_this = [c for c in cases if (c["t"], c[plasma]) == (case["t"], case[plasma])]
        if case is not of_this[0]:
            continue
        curves = np.stack([numbers(c[curve]) for c in of_this])
        fit = fit_curves(curves, numbers(case["t"]), numbers(case[plasma]), model)
        for name, column in truth.items():
            true = np.array([float(c[column]) for c in of_this])
            absolute, relative = TOLERANCE[name]
            share = np.abs(fit[name] - true) / (absolute + relative * np.abs(true))
            worst[name] = max(worst[name], share.max())
    return worst


def test_tofts_is_within_a_quarter_of_the_tolerance_of_osipi(reference_data):
    """QIBA v11 object, 25 cases: `ca` is plasma already, t in s, no delay."""
    cases = osipi_cases(reference_data, "dce_DRO_data_tofts.csv")
    assert len(cases) == 25
    worst = worst_share(cases, "tofts", "C", "ca", {"ktrans": "Ktrans", "ve": "ve"})
    assert max(worst.values()) < 0.25, worst


def test_extended_tofts_is_within_a_quarter_of_the_tolerance_of_osipi(reference_data):
    """15 cases: `ca` is plasma already, t in s, no delay."""
    cases = osipi_cases(reference_data, "dce_DRO_data_extended_tofts.csv")
    assert len(cases) == 15
    truth = {"ktrans": "Ktrans", "ve": "ve", "vp": "vp"}
    worst = worst_share(cases, "extended-tofts", "C", "ca", truth)
    assert max(worst.values()) < 0.25, worst


def test_patlak_is_within_a_tenth_of_the_tolerance_of_osipi(reference_data):
    """9 noisy cases: `cp_aif` is plasma, t in s; OSIPI's ps is Patlak's ktrans."""
    cases = osipi_cases(reference_data, "patlak_sd_0.02_delay_0.csv")
    assert len(cases) == 9
    worst = worst_share(cases, "patlak", "C_t", "cp_aif", {"ktrans": "ps", "vp": "vp"})
    assert max(worst.values()) < 0.1, worst


def test_exchange_is_within_the_tolerance_of_osipi(reference_data):
    """24 noisy cases: `cp_aif` is plasma, t in s, fp in mL/100mL/min and ps in 1/min."""
    cases = osipi_cases(reference_data, "2cxm_sd_0.001_delay_0.csv")
    assert len(cases) == 24
    truth = {name: name for name in ("fp", "ps", "ve", "vp")}
    worst = worst_share(cases, "2cxm", "C_t", "cp_aif", truth)
    assert max(worst.values()) < 1, worst


def concordance(found: np.ndarray, truth: np.ndarray) -> float:
    """Lin's concordance correlation coefficient (Biometrics 1989;45:255-268)."""
    covariance = np.mean((found - found.mean()) * (truth - truth.mean()))
    return 2 * covariance / (found.var() + truth.var() + (found.mean() - truth.mean()) ** 2)


def test_the_qiba_object_comes_back_with_a_concordance_of_four_nines(reference_data):
    """QIBA v6: whole-number signal; S0 from the first frame and R10, Cp is plasma, t in s.

    From signal through the SPGR inverse to parameters, over all 6 ktrans and 5 ve.
    """
    data = loadmat(reference_data / "qiba" / "qiba6.mat")
    signal = torch.tensor(np.moveaxis(data["DCEdata"], 0, -1))
    r10 = torch.tensor(data["R10"])[..., None]
    angle = torch.deg2rad(torch.tensor(float(data["DCEflip"].item()), dtype=torch.float64))
    tr, relaxivity = float(data["TR"].item()), float(data["relaxivity"].item())
    s0 = spgr_s0(signal[..., :1], r10, angle, tr)
    curves = concentration_of_rate(spgr_r1(signal, s0, angle, tr), r10, relaxivity).numpy()
    fit = fit_curves(curves, data["t"][0], data["Cp"][0])
    truth = np.meshgrid([0.01, 0.02, 0.05, 0.1, 0.2, 0.35], [0.01, 0.05, 0.1, 0.2, 0.5])
    assert fit.valid.all()
    for name, true in zip(("ktrans", "ve"), truth, strict=True):
        assert concordance(fit[name], true.T) > 0.99999, name
        np.testing.assert_allclose(fit[name], true.T, rtol=0.003)
