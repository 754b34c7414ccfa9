"""Coordinates of steps in which blood and interstitium never take more than the voxel.

A box bounds each parameter by itself. Without water exchange the cells have what blood and
interstitium leave, and that is not less than nothing. So the steps are not in ve but in its share
of the room beside the blood, from 0 to 1: a box again.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from gadmap.physics.kinetics import Bounds, KineticModel
from gadmap.quantities import VE, VP

Values = Float[Tensor, "parameter *voxel"]
Matrix = Float[Tensor, "voxel parameter parameter"]


class Coordinates(NamedTuple):
    """What a fit steps in.

    Attributes
    ----------
    box
        Bounds of the parameters, each by itself.
    bounds
        Lowest and highest of each coordinate.
    parameters
        Coordinates to the model's parameters.
    of_parameters
        The way back.
    covariance
        Coordinates and their covariance to that of the parameters.
    """

    box: Bounds
    bounds: tuple[tuple[float, float], ...]
    parameters: Callable[[Values], Values]
    of_parameters: Callable[[Values], Values]
    covariance: Callable[[Float[Tensor, "parameter voxel"], Matrix], Matrix]


def own_coordinates(model: KineticModel) -> Coordinates:
    """The parameters themselves, in their box."""
    box = {quantity.name: quantity.bounds for quantity in model.parameters}
    return Coordinates(box, tuple(box.values()), _same, _same, lambda _, covariance: covariance)


def shared_voxel(model: KineticModel, hct: float) -> Coordinates:
    """Coordinates whose box keeps vp / (1 - hct) + ve at 1 or below: ve's is its share of the room.

    A model without one of the two has its own coordinates, vp up to a voxel full of blood.
    """
    names = [quantity.name for quantity in model.parameters]
    least = VE.bounds[0] if VE.name in names else 0.0
    box = {q.name: q.bounds for q in model.parameters}
    if VP.name in names:
        box[VP.name] = (0.0, (1 - hct) * (1 - least))
    if not {VE.name, VP.name} <= box.keys():
        return own_coordinates(model)._replace(box=box, bounds=tuple(box.values()))
    stepped = box | {VE.name: (0.0, 1.0)}
    ve, vp = names.index(VE.name), names.index(VP.name)

    def room(values: Values) -> Float[Tensor, "*voxel"]:
        return 1 - least - values[vp] / (1 - hct)

    def parameters(values: Values) -> Values:
        return _with(values, ve, least + values[ve] * room(values))

    def of_parameters(values: Values) -> Values:
        left = room(values)
        share = (values[ve] - least) / torch.where(left > 0, left, 1.0)
        return _with(values, ve, share.clamp(0, 1))

    def covariance(values: Values, matrix: Matrix) -> Matrix:
        slope = torch.eye(len(names), dtype=matrix.dtype).repeat(len(matrix), 1, 1)
        slope[:, ve, ve], slope[:, ve, vp] = room(values), -values[ve] / (1 - hct)
        return slope @ matrix @ slope.mT

    return Coordinates(box, tuple(stepped.values()), parameters, of_parameters, covariance)


def _same(values: Values) -> Values:
    return values


def _with(values: Values, place: int, one: Tensor) -> Values:
    return torch.stack([one if row == place else values[row] for row in range(len(values))])
