"""The result against scipy's bounded least squares from ten starting points.

2,000 curves a model: half on usual tissue (ktrans .001 to 2, ve .01 to 1, vp to .2) with noise of
1 to 20 % of the peak, the others beyond the bounds, near nothing, or noise alone.
"""

import numpy as np
import pytest
from fit_cases import MODELS, NAMES, TWO_COMPARTMENTS, grid, parameters_of, tissue
from scipy_models import Model

from gadmap import fit_curves
from gadmap.data import Reason

CURVES = 2000
CHUNKS = 20
STARTS = 10
GRIDS = ("even", "uneven", "late gap", "contrast at once")


def tissue_parameters(model, count, generator):
    """Three of four curves of usual tissue, the fourth beyond one bound or without uptake."""
    ktrans = np.exp(generator.uniform(np.log(0.001), np.log(2), count))
    ve = np.exp(generator.uniform(np.log(0.01), 0, count))
    vp = generator.uniform(0, 0.2, count)
    kind = np.arange(count) % 20
    ktrans[kind == 0], ve[kind == 0] = 8.0, 0.8  # above the highest ktrans
    ve[kind == 1] = 2.0
    ve[kind == 2] = 3e-4
    vp[kind == 3] = -0.1
    ktrans[kind == 4], vp[kind == 4] = 0.0, 0.0
    flow = np.zeros(count)
    if "fp" in NAMES[model]:
        flow = np.exp(generator.uniform(np.log(2), np.log(150), count))
        flow[kind == 5], flow[kind == 4] = 500.0, 0.0  # above the highest flow, and none
        ve[kind == 2], vp[kind == 3] = 2e-3, 1.5
    columns = {"ktrans": ktrans, "ve": ve, "vp": vp, "fp": flow, "ps": ktrans}
    return np.stack([columns[name] for name in NAMES[model]], axis=1)


def noisy_tissue(model, t, cp, count, generator):
    curves = tissue(model, tissue_parameters(model, count, generator), t, cp)
    peak = np.abs(curves).max(axis=1, keepdims=True)
    share = np.exp(generator.uniform(np.log(0.01), np.log(0.2), (count, 1)))
    sd = share * np.where(peak > 0, peak, 0.1)
    return curves + sd * generator.standard_normal(curves.shape)


def chunks():
    """Every model on every grid; scipy takes ten times as long with four parameters."""
    for model in MODELS:
        count = len(GRIDS) if model in TWO_COMPARTMENTS else CHUNKS
        for chunk in range(count):
            marks = [pytest.mark.slow] if chunk else []
            yield pytest.param(model, chunk, marks=marks)


@pytest.mark.parametrize(("model", "chunk"), list(chunks()))
def test_no_start_of_scipy_ends_lower(model, chunk):
    """Never above its best by more than 1e-6; the same parameters where they are determined.

    Two compartments that a curve does not tell apart, which is flagged, may end .5 % above.

    Determined: every standard error below 10 %, off the bounds, and scipy at the same minimum.
    """
    generator = np.random.default_rng([chunk, len(model)])
    t, cp = grid(GRIDS[chunk % len(GRIDS)])
    count = CURVES // CHUNKS
    curves = noisy_tissue(model, t, cp, count, generator)
    fit = fit_curves(curves, t, cp, model)
    peer = Model(model, t, cp)
    best = [peer.best_fit(curve, peer.starts(STARTS, generator)) for curve in curves]
    lowest = np.array([2 * found.cost for found in best])
    parameters = parameters_of(fit)
    residuals = curves - np.stack([peer.curve(values) for values in parameters])
    sse = np.square(residuals).sum(axis=1)
    flagged = (fit.reason >= Reason.NO_ENHANCEMENT) & (fit.reason != Reason.AT_BOUND)
    lax = flagged if model in TWO_COMPARTMENTS else np.zeros(count, dtype=bool)
    assert (sse <= lowest * (1 + np.where(lax, 5e-3, 1e-6))).all()
    assert (sse <= lowest * (1 + 1e-6)).mean() >= 0.97
    np.testing.assert_allclose(fit.sse, sse, rtol=1e-5)

    errors = np.stack([fit.standard_error[name] for name in NAMES[model]], axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        determined = (errors / parameters < 0.1).all(axis=1)
    determined &= (fit.reason == Reason.ESTIMATED) & (sse >= lowest * (1 - 1e-8))
    assert model in TWO_COMPARTMENTS or determined.mean() > 0.03
    expected = np.stack([found.x for found in best])
    np.testing.assert_allclose(parameters[determined], expected[determined], rtol=1e-4)
