"""Signals in both limits of water exchange, written apart from the package, in numpy and scipy."""

import numpy as np
import torch
from fit_cases import NAMES, grid
from scipy.signal import lsim
from scipy_models import Model

from gadmap import fit_curves
from gadmap.fitting.signal_voxels import Signals
from gadmap.physics.spgr import spgr_r1, spgr_s0

TR, ANGLE, T10, RELAXIVITY, BASELINE, S0, HCT = 5e-3, np.radians(20), 1.2, 4.5, 8, 1000.0, 0.42
TISSUES = {
    "tofts": (0.2, 0.3),
    "extended-tofts": (0.2, 0.3, 0.05),
    "2cxm": (40.0, 0.2, 0.25, 0.06),
    "vascular": (0.08,),
}


def spgr(r1, angle=ANGLE, tr=TR):
    """Signal over its scale."""
    e1 = np.exp(-tr * r1)
    return np.sin(angle) * (1 - e1) / (1 - np.cos(angle) * e1)


def spaces(model, values, t, cp, hct=HCT):
    """Volume and concentration [mmol/L] of every space, the cells last."""
    p = dict(zip(NAMES[model], values, strict=True))
    found, vp, ve = [], p.get("vp", 0.0), p.get("ve", 0.0)
    if model == "2cxm":
        blood, interstitium = two_spaces(p, t, cp)
    else:
        curve = Model(model, t, cp).curve(values)
        blood, interstitium = cp, (curve - vp * cp) / ve if "ve" in p else None
    if "vp" in p:
        found.append((vp / (1 - hct), blood * (1 - hct)))
    if "ve" in p:
        found.append((ve, interstitium))
    rest = 1 - sum(volume for volume, _ in found)
    return [*found, (rest, np.zeros_like(cp))]


def two_spaces(p, t, cp):
    """Plasma's and interstitium's concentration: the two mass balances, solved by scipy."""
    flow = p["fp"] / 100
    balances = np.array(
        [
            [-(flow + p["ps"]) / p["vp"], p["ps"] / p["vp"]],
            [p["ps"] / p["ve"], -p["ps"] / p["ve"]],
        ]
    )
    system = balances, np.array([[flow / p["vp"]], [0.0]]), np.eye(2), np.zeros((2, 1))
    return lsim(system, cp, (t - t[0]) / 60)[1].T


def signal(model, values, exchange, *, angle=ANGLE, t10=T10, hct=HCT, contrast=1.0):
    """Signal [a.u.] under the usual input times `contrast`."""
    t, cp = grid()
    pools = spaces(model, values, t, contrast * cp, hct)
    if exchange == "fast":
        pools = [(1.0, sum(volume * held for volume, held in pools))]
    return S0 * sum(volume * spgr(1 / t10 + RELAXIVITY * held, angle) for volume, held in pools)


def signals(samples, angle=ANGLE, t10_error=0.0, t10=None):
    """As the fit takes them."""
    count = len(samples)
    return Signals(
        samples=samples,
        baseline_frames=BASELINE,
        t10=np.full(count, T10) if t10 is None else t10,
        t10_se=np.full(count, t10_error * T10),
        flip_angle=np.full(count, angle),
        tr=TR,
        relaxivity=RELAXIVITY,
        hct=HCT,
    )


def start_of(model, given):
    """The exact fit of the concentration that the formula of fast exchange makes of the signals."""
    t, cp = grid()
    samples, angle = torch.tensor(given.samples), torch.tensor(given.flip_angle)[:, None]
    r10 = torch.tensor(1 / given.t10)[:, None]
    baseline = samples[:, :BASELINE].mean(dim=1, keepdim=True)
    rate = spgr_r1(samples, spgr_s0(baseline, r10, angle, TR), angle, TR)
    return fit_curves(((rate - r10) / RELAXIVITY).numpy(), t, cp, model)


def noisy(clean, count, snr, seed=0):
    """Draws of Gaussian noise of the baseline's over `snr`."""
    random = np.random.default_rng(seed)
    return clean + clean[0] / snr * random.standard_normal((count, clean.size))
