"""Learning without labels: curves of the predicted parameters must meet the measured ones."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from gadmap.estimators.guided_input import FLOORS, GUIDED
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.quantities import KTRANS, VE
from gadmap.training.real_exam import EXTENDED, TOFTS
from gadmap.training.real_regions import Measured, RealBatch
from gadmap.training.recipe import MAPPED

_KNEE = 0.002  # of an output, below which it bends towards 0
_SMALLEST = 1e-6  # share of a curve's energy that is no misfit
_LEAST_VE, _LEAST_KEP = 1e-3, 1e-3

Parameters = Mapping[str, Float[Tensor, "h w"]]


@dataclass(frozen=True, eq=False)
class OutputPhysics:
    """How badly a network's ktrans, ve and kep explain what was measured.

    Any two of the three make a curve. Two curves are compared with the measured one, of ktrans
    with ve and with kep, so all three outputs are held.

    Attributes
    ----------
    scales
        Quantity name to the value that an output of 1 stands for.
    texture
        As in `Recipe`.
    """

    scales: Mapping[str, float]
    texture: float

    def __call__(self, network: nn.Module, batch: RealBatch) -> tuple[Tensor, Tensor]:
        """Sum over voxels of nats a frame, and the number of voxels."""
        outputs = network(batch.signal).float()
        units = torch.tensor([self.scales[name] for name in MAPPED]).to(outputs)
        positive = (outputs + torch.sqrt(outputs.square() + _KNEE**2)) / 2
        sums = []
        for values, measured in zip(positive, batch.measured, strict=True):
            ktrans, ve, kep = values * units[:, None, None]
            ve = ve.clamp(min=_LEAST_VE)
            pairs = [
                {"ktrans": ktrans, "ve": ve},
                {"ktrans": ktrans, "ve": ktrans / (kep + _LEAST_KEP)},
            ]
            misfits = [misfit(TOFTS, pair, measured) for pair in pairs]
            logarithms = [
                torch.log1p(ktrans / FLOORS[KTRANS.name]),
                torch.log1p(ve / FLOORS[VE.name]),
            ]
            sums.append(
                torch.stack(misfits).mean(dim=0)[measured.counts].sum()
                + roughness(torch.stack(logarithms), measured, self.texture)
            )
        below = torch.relu(-outputs).sum(dim=1)[_counts(batch)].sum()  # the bend is flat there
        return torch.stack(sums).sum() + below, _counts(batch).sum().to(outputs)


@dataclass(frozen=True, eq=False)
class GuidedPhysics:
    """How badly a guided network's ktrans, ve and vp, with their errors, explain what was measured.

    Parameters are drawn from the distribution that the network tells, values and errors, and its
    entropy is gained: the bound of variational inference, so that errors are learned too. They hold
    what the curves' noise says; T1's error is not seen by a curve.

    Attributes
    ----------
    texture
        As in `Recipe`.

    References
    ----------
    Kingma and Welling, Auto-encoding variational Bayes, ICLR 2014.
    """

    texture: float

    def __call__(self, network: nn.Module, batch: RealBatch) -> tuple[Tensor, Tensor]:
        """Sum over voxels of nats a frame, and the number of voxels."""
        value, width = network(batch.signal).float().chunk(2, dim=1)
        drawn = value + torch.exp(width) * batch.normal
        sums = []
        for k, measured in enumerate(batch.measured):
            frames = measured.t.numel()
            parameters = {
                name: (FLOORS[name] * torch.expm1(drawn[k, channel])).clamp(min=0.0)
                for channel, name in enumerate(GUIDED)
            }
            parameters[VE.name] = parameters[VE.name].clamp(min=_LEAST_VE)
            nats = misfit(EXTENDED, parameters, measured) - width[k].sum(dim=0) / frames
            sums.append(nats[measured.counts].sum() + roughness(drawn[k], measured, self.texture))
        return torch.stack(sums).sum(), _counts(batch).sum().to(value)


def misfit(model: str, parameters: Parameters, measured: Measured) -> Float[Tensor, "h w"]:
    """Nats a frame by which a curve is less likely than the exact fit's; 0 for that.

    Half the logarithm of the ratio of their sums of squares: the likelihood of normal noise of
    unknown size, so neither a noisy voxel nor a vessel governs a step.
    """
    curve = tissue_concentration(KINETIC_MODELS[model], parameters, measured.t, measured.plasma)
    energy = measured.concentration.square().sum(dim=-1) * _SMALLEST + 1e-12
    left = (curve - measured.concentration).square().sum(dim=-1)
    return torch.log((left + energy) / (measured.least + energy)) / 2


def roughness(
    logarithms: Float[Tensor, "quantity h w"], measured: Measured, texture: float
) -> Float[Tensor, ""]:
    """Nats a frame against the differences between neighbours, Laplace with mean size `texture`."""
    if not texture:
        return logarithms.new_zeros(())
    total = logarithms.new_zeros(())
    for axis in (-2, -1):
        count = logarithms.shape[axis] - 1
        both = measured.counts.narrow(axis, 0, count) & measured.counts.narrow(axis, 1, count)
        total = total + logarithms.diff(dim=axis).abs().sum(dim=0)[both].sum()
    return total / (texture * measured.t.numel())


def _counts(batch: RealBatch) -> Bool[Tensor, "b h w"]:
    return torch.stack([measured.counts for measured in batch.measured])
