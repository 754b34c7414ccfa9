"""Arterial inputs of scenes as they are measured badly."""

import numpy as np
from jaxtyping import Float

_TISSUE, _AMPLITUDE, _NOISE, _LATE = (0.05, 0.5), 0.2, (0.0005, 0.1), 5.0
_EACH = 0.6  # share of bad inputs that have partial volume, another amplitude, or come late


def measured_badly(
    random: np.random.Generator,
    t: Float[np.ndarray, " time"],
    plasma: Float[np.ndarray, " time"],
    tissue: Float[np.ndarray, " time"],
) -> Float[np.ndarray, " time"]:
    """The plasma concentration [mmol/L] that an examination takes for `plasma`.

    Its samples are noisy, as those of any measured curve. Besides, it may share its voxels with
    the `tissue` around, have another amplitude (flow, T2*, haematocrit), or be that of an artery
    which the bolus reaches up to 5 s before or after the tissue.
    """
    share = random.uniform(*_TISSUE) * (random.random() < _EACH)
    gain = np.exp(_AMPLITUDE * random.standard_normal() * (random.random() < _EACH))
    late = random.uniform(-_LATE, _LATE) * (random.random() < _EACH)
    low, high = np.log(_NOISE)
    noise = np.exp(random.uniform(low, high)) * random.standard_normal(t.size)
    mixed = gain * ((1 - share) * plasma + share * tissue)
    return np.interp(t - late, t, mixed) + noise * mixed.max()
