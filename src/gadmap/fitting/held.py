"""One quantity of a model held at a value, whether it is a parameter or follows from some.

What follows takes the place of one of the parameters that it follows from: kep that of ktrans, as
ktrans = kep ve; ktrans of a flow that of ps, as ps = fp ktrans / (fp - ktrans).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gadmap.physics.kinetics import Bounds
from gadmap.physics.kinetics.uptake import PER_100_ML, extracted_flow
from gadmap.quantities import FP, KEP, KTRANS, PS, VE

Coordinates = Float[Tensor, "parameter *batch"]


def _as_they_are(coordinates: Coordinates) -> Coordinates:
    return coordinates


@dataclass(frozen=True)
class Held:
    """Coordinates of a model in which one quantity can be held.

    Attributes
    ----------
    place
        Which coordinate the quantity is; all others are parameters.
    range
        Lowest and highest value that the bounds leave it.
    bounds
        Held values to the lower and upper bounds of all coordinates there.
    parameters
        Coordinates to parameters.
    """

    place: int
    range: tuple[float, float]
    bounds: Callable[[Float[Tensor, " held"]], Float[Tensor, "2 parameter held"]]
    parameters: Callable[[Coordinates], Coordinates] = _as_they_are


def held_quantity(name: str, parameters: Sequence[str], box: Bounds) -> Held:
    """Coordinates to hold the quantity `name` of a model with these `parameters` in `box`."""
    if name in parameters:
        place = parameters.index(name)
        return Held(place, box[name], lambda held: _with(_box(parameters, box, held), place, held))
    return {KEP.name: _held_rate, KTRANS.name: _held_extraction}[name](parameters, box)


def _box(parameters: Sequence[str], box: Bounds, held: Tensor) -> Float[Tensor, "2 parameter held"]:
    bounds = torch.tensor([box[name] for name in parameters], dtype=torch.float64).T
    return bounds[..., None].repeat(1, 1, len(held))


def _with(bounds: Tensor, place: int, held: Tensor) -> Tensor:
    bounds[:, place] = held
    return bounds


def _held_rate(parameters: Sequence[str], box: Bounds) -> Held:
    place, beside = parameters.index(KTRANS.name), parameters.index(VE.name)
    (low, high), (least, most) = box[KTRANS.name], box[VE.name]

    def bounds(held: Tensor) -> Tensor:
        limits = _with(_box(parameters, box, held), place, held)
        limits[0, beside] = (low / held).nan_to_num(nan=least).clamp(min=least)
        limits[1, beside] = (high / held).clamp(max=most)
        return limits

    def parameters_of(coordinates: Coordinates) -> Coordinates:
        values = coordinates.clone()
        values[place] = coordinates[place] * coordinates[beside]
        return values

    return Held(place, (low / most, high / least), bounds, parameters_of)


def _held_extraction(parameters: Sequence[str], box: Bounds) -> Held:
    place, beside = parameters.index(PS.name), parameters.index(FP.name)
    (low, high), (least, most) = box[PS.name], box[FP.name]

    def flow_at(ps: float, held: Tensor) -> Tensor:
        """Flow that extracts `held` at `ps`; without end where it takes more than there is."""
        return torch.where(held < ps, PER_100_ML * held * ps / (ps - held), torch.inf)

    def bounds(held: Tensor) -> Tensor:
        limits = _with(_box(parameters, box, held), place, held)
        limits[0, beside] = flow_at(high, held).clamp(least, most)
        limits[1, beside] = flow_at(low, held).clamp(least, most)
        return limits

    def parameters_of(coordinates: Coordinates) -> Coordinates:
        values, flow = coordinates.clone(), coordinates[beside] / PER_100_ML
        held = coordinates[place]
        values[place] = (flow * held / (flow - held).clamp(min=1e-300)).clamp(low, high)
        return values

    first, last = (
        float(extracted_flow(torch.tensor(flow), torch.tensor(ps)))
        for flow, ps in ((least, low), (most, high))
    )
    return Held(place, (first, last), bounds, parameters_of)
