"""The plasma curve as it reaches the tissue, and its convolutions at the frames."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gadmap.fitting.compiled_columns import columns_at, convolved
from gadmap.physics.convolution import (
    dispersed,
    dispersed_exponential_convolution,
    exponential_convolution,
    exponential_convolution_at,
    plasma_at,
)


@dataclass(frozen=True, eq=False)
class Arrival:
    """A plasma curve that reaches the tissue with a delay, or dispersed; not both.

    Attributes
    ----------
    minutes, source
        Frame times [min] and the plasma concentration [mmol/L] at them.
    delay
        [min]; there is nothing before the first sample, and the last one lasts.
    dispersion
        Time constant of the transport function [min].
    coupling
        As a `LinearForm` has it [1/min].
    """

    minutes: Float[Tensor, " time"]
    source: Float[Tensor, " time"]
    delay: float = 0.0
    dispersion: float = 0.0
    coupling: float | None = None

    @property
    def plasma(self) -> Float[Tensor, " time"]:
        """The curve that reaches the tissue, at the frames."""
        if self.dispersion:
            return dispersed(self.source, self.minutes, self._tau)
        return plasma_at(self.source, self.minutes, self._when) if self.delay else self.source

    def convolved(self, rates: Float[Tensor, " rate"]) -> Float[Tensor, "rate time"]:
        """The same convolved with exp(-rate t) from the first frame on; `rates` in 1/min."""
        if self.dispersion:
            return dispersed_exponential_convolution(self.source, self.minutes, rates, self._tau)
        if self.delay:
            return exponential_convolution_at(self.source, self.minutes, rates, self._when)
        if self.source.device.type == "cpu":
            arrays = (values.numpy() for values in (self.source, self.minutes, rates))
            return torch.from_numpy(convolved(*arrays))
        return exponential_convolution(self.source, self.minutes, rates)

    def columns(self, nodes: Float[Tensor, " node"], offset: float) -> Float[Tensor, "node time"]:
        """(rate + offset) times the exponential's column, at log(rate + offset) = `nodes`."""
        alone = self._alone(nodes, offset)
        if self.coupling is None:
            return alone
        shifted = torch.exp(nodes)[:, None]
        return shifted * self.plasma + (self.coupling - (shifted - offset)) * alone

    def _alone(self, nodes: Float[Tensor, " node"], offset: float) -> Float[Tensor, "node time"]:
        """(rate + offset) times the convolution."""
        at_once = not self.delay and not self.dispersion
        if self.source.device.type == "cpu" and at_once:
            source, minutes = self.source.numpy(), self.minutes.numpy()
            return torch.from_numpy(columns_at(source, minutes, nodes.numpy(), offset))
        shifted = torch.exp(nodes)
        return shifted[:, None] * self.convolved(shifted - offset)

    @property
    def _when(self) -> Float[Tensor, " time"]:
        return self.minutes - self.delay

    @property
    def _tau(self) -> Float[Tensor, ""]:
        return torch.full_like(self.minutes[0], self.dispersion)
