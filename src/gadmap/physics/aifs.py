"""Population arterial curves, from the onset of the bolus on."""

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sqrt

import torch
from jaxtyping import Float
from torch import Tensor

from gadmap.quantities import SECONDS_PER_MINUTE


@dataclass(frozen=True)
class PopulationAif:
    """A published arterial curve.

    Attributes
    ----------
    name
        The word used on the command line and in files.
    citation
        Author, year and journal.
    curve
        Concentration [mmol/L] at times since the onset [min], for times from 0 on.
    in_blood
        True where the published curve is of whole blood, false where it is of plasma.
    """

    name: str
    citation: str
    curve: Callable[[Tensor], Tensor]
    in_blood: bool

    def plasma(self, t: Float[Tensor, "..."], hct: float) -> Float[Tensor, "..."]:
        """Plasma concentration [mmol/L] at times `t` [s] since the onset; 0 before it."""
        minutes = t.clamp(min=0) / SECONDS_PER_MINUTE
        concentration = torch.where(t >= 0, self.curve(minutes), torch.zeros_like(t))
        return concentration / (1 - hct) if self.in_blood else concentration


def parker_blood(
    t: Float[Tensor, "..."], circulation: float = 1.0, washout: float = 1.0
) -> Float[Tensor, "..."]:
    """Whole-blood concentration [mmol/L] of Parker's curve at times `t` [min] since the onset.

    Two Gaussians and an exponential cut on by a sigmoid (eq. 1, table 1). `circulation` is how
    many times faster than the population's the bolus passes, which by the indicator-dilution
    principle divides its area, as a higher cardiac output does; `washout` is how many times faster
    the tail falls.

    References
    ----------
    Parker et al., Magn Reson Med 2006;56:993-1000. Zierler, Circ Res 1962;10:393-407: the area.
    """
    pace = circulation * t
    gaussians = torch.zeros_like(t)
    for area, sd, centre in ((0.809, 0.0563, 0.17046), (0.330, 0.132, 0.365)):
        height = area / (sd * sqrt(2 * pi))
        gaussians = gaussians + height * torch.exp(-0.5 * ((pace - centre) / sd) ** 2)
    tail = 1.050 * torch.exp(-0.1685 * washout * t) / (1 + torch.exp(-38.078 * (pace - 0.483)))
    return gaussians + tail


def _georgiou(t: Tensor) -> Tensor:
    """Recirculating gamma variates times a sum of exponentials (eqs. 5 to 7, table 1), blood.

    The printed parameters carry two or three digits, with which the curve misses the paper's own
    supplementary curve by up to 2 %. These round to the printed ones and meet it to 3e-5 mmol/L.
    """
    decay = (
        0.374322 * torch.exp(-0.112701 * t)
        + 0.331184 * torch.exp(-1.174646 * t)
        + 10.061226 * torch.exp(-16.019962 * t)
    )
    shape, scale, circulation = 5.266989, 0.0320788335, 0.1285560014
    passes = torch.zeros_like(t)
    count = int(t.max() // circulation) + 1 if t.numel() else 0
    for n in range(count):
        since = t - n * circulation
        passes = passes + torch.where(
            since > 0, _gamma_variate(since.clamp(min=1e-9), (n + 1) * (shape + 1) - 1, scale), 0.0
        )
    return decay * passes


def _gamma_variate(t: Tensor, alpha: float, beta: float) -> Tensor:
    """Gamma density with exponent `alpha` and scale `beta`."""
    shape = torch.tensor(alpha + 1, dtype=torch.float64)
    norm = shape * torch.log(torch.tensor(beta, dtype=torch.float64)) + torch.lgamma(shape)
    return torch.exp(alpha * torch.log(t) - t / beta - norm)


def _weinmann(t: Tensor) -> Tensor:
    """Two exponentials of 0.1 mmol/kg gadopentetate, plasma."""
    dose = 0.1
    return dose * (3.99 * torch.exp(-0.144 * t) + 4.78 * torch.exp(-0.0111 * t))


POPULATION_AIFS: dict[str, PopulationAif] = {
    aif.name: aif
    for aif in (
        PopulationAif(
            "parker", "Parker et al., Magn Reson Med 2006;56:993-1000", parker_blood, True
        ),
        PopulationAif(
            "georgiou", "Georgiou et al., Magn Reson Med 2019;81:1360-1369", _georgiou, True
        ),
        PopulationAif(
            "weinmann",
            "Weinmann et al., Physiol Chem Phys Med NMR 1984;16:167-172; "
            "Tofts and Kermode, Magn Reson Med 1991;17:357-367",
            _weinmann,
            False,
        ),
    )
}
