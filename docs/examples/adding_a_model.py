r"""
Adding a kinetic model
======================

A kinetic model is a value: its parameters, its impulse response, and what the bounds of the parameters mean for the amplitude and the rate that a fit
sees. The fit, its bounds, its standard errors and the forward model follow from that.

The model here is the one-compartment model (Sourbron and Buckley, NMR Biomed 2013;26:1004-1027): tissue whose vessels and interstitium are
one well-mixed space of volume fraction v, through which plasma flows at Fp,

.. math:: C(t) = F_p \int_0^t C_p(s)\, e^{-(t - s) F_p / v}\, ds .
"""

import numpy as np
import torch
from torch import Tensor

import gadmap
from gadmap.physics.aifs import POPULATION_AIFS
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import (
    KINETIC_MODELS,
    Bounds,
    ImpulseResponse,
    KineticModel,
    Limit,
    LinearForm,
)
from gadmap.quantities import FP, VP

# %%
# Forwards: parameters to an impulse response. Rates and amplitudes are in 1/min, flow in mL/100mL/min.


def impulse_response(fp: Tensor, vp: Tensor) -> ImpulseResponse:
    """One exponential that starts at the flow."""
    flow = fp / 100
    return ImpulseResponse(amplitude=flow[..., None], rate=(flow / vp)[..., None])


# %%
# Backwards: a fit searches the rate, and solves for the amplitude. So the bounds must be said in these terms. The bound of a volume is a limit of
# the amplitude that grows with the rate, since amplitude = volume x rate.


def amplitude_limits(bounds: Bounds) -> tuple[tuple[Limit, ...], tuple[Limit, ...]]:
    """Lower and upper limits of the amplitude [1/min] at a rate."""
    (fp_low, fp_high), (vp_low, vp_high) = bounds["fp"], bounds["vp"]
    lower = Limit(fp_low / 100, 0.0), Limit(0.0, vp_low)
    upper = Limit(fp_high / 100, 0.0), Limit(0.0, vp_high)
    return lower, upper


def rate_bounds(bounds: Bounds) -> tuple[float, float]:
    """Lowest and highest rate [1/min]; a volume below 0.01 has no say."""
    (fp_low, fp_high), (vp_low, vp_high) = bounds["fp"], bounds["vp"]
    return fp_low / 100 / vp_high, fp_high / 100 / max(vp_low, 0.01)


def parameters(
    _share: Tensor, amplitude: Tensor, rate: Tensor, bounds: Bounds
) -> dict[str, Tensor]:
    """Give flow and volume; without flow the volume is not determined."""
    flows = rate > 0
    volume = torch.where(flows, amplitude / torch.where(flows, rate, 1.0), bounds["vp"][0])
    return {"fp": 100 * amplitude, "vp": volume}


model = KineticModel(
    name="one-compartment",
    code="M.IC1.002",
    parameters=(FP, VP),
    impulse_response=impulse_response,
    form=LinearForm(None, amplitude_limits, rate_bounds, parameters),
)
KINETIC_MODELS[model.name] = model

# %%
# In the package the line above is a place in ``physics/kinetics/__init__.py``. Now the model is fitted like any other.

t = torch.arange(0, 180, 1.5, dtype=torch.float64)
cp = POPULATION_AIFS["parker"].plasma(t - 20, hct=0.42)
truth = {
    "fp": torch.tensor([20.0, 60.0, 100.0], dtype=torch.float64),
    "vp": torch.tensor([0.05, 0.15, 0.30], dtype=torch.float64),
}
curves = tissue_concentration(model, truth, t, cp).numpy()
fit = gadmap.fit_curves(curves, t.numpy(), cp.numpy(), model=model.name)
for name, values in truth.items():
    np.testing.assert_allclose(fit[name], values.numpy(), rtol=1e-5)
    print(name, fit[name])

# %%
# With noise there are standard errors:

noisy = curves + np.random.default_rng(0).normal(0, 0.05, curves.shape)
gadmap.fit_curves(noisy, t.numpy(), cp.numpy(), model=model.name).plot(1)
