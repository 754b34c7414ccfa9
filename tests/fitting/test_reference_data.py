"""Curves of known truth from public collections; tolerances are those of OSIPI's own tests."""

import numpy as np
import pytest

from validation.osipi import curve_shares
from validation.qiba import concordance, fitted
from validation.reference_data import CURVE_SETS, qiba_object

pytestmark = pytest.mark.data
SHARE = {"tofts": 0.25, "extended-tofts": 0.25, "patlak": 0.1, "2cxm": 1.0}
"""Of OSIPI's tolerance that the worst case may take."""


@pytest.mark.parametrize("chosen", CURVE_SETS, ids=lambda chosen: chosen.model)
def test_every_case_is_well_within_the_tolerance_of_osipi(reference_data, chosen):
    """Plasma is given, t in s, no delay; fp in mL/100mL/min and ps in 1/min."""
    shares = curve_shares(reference_data, chosen)
    for name in chosen.truth:
        assert shares[name].size == chosen.cases
        assert shares[name].max() < SHARE[chosen.model], name


def test_the_qiba_object_comes_back_with_a_concordance_of_four_nines(reference_data):
    """QIBA v6: whole-number signal; S0 from the first frame and R10, Cp is plasma, t in s.

    From signal through the SPGR inverse to parameters, over all 6 ktrans and 5 ve.
    """
    made = qiba_object(reference_data)
    fit = fitted(made)
    assert fit.valid.all()
    for name, true in made.truth.items():
        assert concordance(fit[name], true) > 0.99999, name
        np.testing.assert_allclose(fit[name], true, rtol=0.003)
