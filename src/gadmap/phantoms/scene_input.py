"""Arterial inputs of scenes as they are measured badly."""

import numpy as np
from jaxtyping import Float

_ERROR, _NOISE, _LATE = (0.05, 0.4), (0.0005, 0.1), 5.0
_TISSUE = 1.5  # largest share of tissue over the height's error
_EACH = 0.6  # share of bad inputs that have partial volume, another amplitude, or come late


def measured_badly(
    random: np.random.Generator,
    t: Float[np.ndarray, " time"],
    plasma: Float[np.ndarray, " time"],
    tissue: Float[np.ndarray, " time"],
) -> tuple[Float[np.ndarray, " time"], float]:
    """The plasma concentration [mmol/L] that an examination takes for `plasma`.

    And the relative error of its height, as whoever measured it knows it. The larger that is, the
    more it may share its voxels with the `tissue` around, and the further its amplitude may be off
    (flow, T2*, haematocrit). Its samples are noisy, as those of any measured curve, and it may be
    that of an artery which the bolus reaches up to 5 s before or after the tissue.
    """
    error = random.uniform(*_ERROR)
    share = random.uniform(0, _TISSUE * error) * (random.random() < _EACH)
    gain = np.exp(error * random.standard_normal() * (random.random() < _EACH))
    late = random.uniform(-_LATE, _LATE) * (random.random() < _EACH)
    low, high = np.log(_NOISE)
    noise = np.exp(random.uniform(low, high)) * random.standard_normal(t.size)
    mixed = gain * ((1 - share) * plasma + share * tissue)
    return np.interp(t - late, t, mixed) + noise * mixed.max(), error
