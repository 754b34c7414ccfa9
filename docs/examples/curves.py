"""
Curves without images
=====================

Concentrations over time are enough: from simulations, from other software, from regions. All curves are fitted at once, whatever the
shape of their grid.
"""

import numpy as np
import torch

import gadmap
from gadmap.physics.aifs import POPULATION_AIFS
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS

# %%
# Simulated tissue: the extended Tofts model under Parker's arterial curve, a frame every 3 s, the bolus after 20 s.
# ktrans rises along the first axis of the grid, vp along the second.

t = torch.arange(0, 300, 3, dtype=torch.float64)  # (time,) [s]
cp = POPULATION_AIFS["parker"].plasma(t - 20, hct=0.42)  # (time,) [mmol/L]
ktrans = torch.linspace(0.05, 0.5, 40, dtype=torch.float64)[:, None].expand(-1, 30)  # [1/min]
vp = torch.linspace(0, 0.1, 30, dtype=torch.float64).expand(40, -1)
truth = {"ktrans": ktrans, "ve": torch.full_like(ktrans, 0.3), "vp": vp}
clean = tissue_concentration(KINETIC_MODELS["extended-tofts"], truth, t, cp)
noisy = clean.numpy() + np.random.default_rng(0).normal(0, 0.02, clean.shape)  # [mmol/L]

# %%
# The fit. There are no start values to choose, and none to be wrong.

fit = gadmap.fit_curves(noisy, t.numpy(), cp.numpy(), model="extended-tofts")
fit.plot((20, 15))

# %%
# Every parameter has a standard error, from the curvature at the optimum and the residuals. Over all these curves the
# errors that were predicted and those that were made agree:

for name in ("ktrans", "ve", "vp"):
    away = (fit[name] - truth[name].numpy()) / fit.standard_error[name]
    print(f"{name}: errors over standard errors have a standard deviation of {away.std():.2f}")

# %%
# A delay between artery and tissue is fitted where it is asked for: here the tissue is given 4 s late.

late = tissue_concentration(
    KINETIC_MODELS["tofts"],
    {"ktrans": ktrans[:, 0], "ve": truth["ve"][:, 0]},
    t,
    cp,
    delay=torch.full_like(ktrans[:, 0], 4.0),
)
delayed = gadmap.fit_curves(late.numpy(), t.numpy(), cp.numpy(), fit_delay=True)
print(f"delay: {np.median(delayed['delay']):.3f} s")
