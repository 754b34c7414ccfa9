"""One individual head: which tissue lies where."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from gadmap.phantoms.anatomy import brain_template
from gadmap.phantoms.case import Case
from gadmap.phantoms.fields import SmoothField, smooth_field
from gadmap.phantoms.mixture import Mixture
from gadmap.phantoms.pose import Pose
from gadmap.phantoms.shells import Axes, Indices, Shells, grow_shells
from gadmap.phantoms.tumour import Tumour, grow_tumour
from gadmap.phantoms.vessels import sinuses, tubes

_THICKEST_MM = 40.0  # of all that lies on the brain
_BENDS_MM = (50.0, 14.0)  # structure of the deformations
_OEDEMA_EDGE_MM = 4.0


@dataclass(frozen=True, eq=False)
class Head:
    """An individual: the template's brain, bent, with a tumour, in a skull and scalp of its own.

    Attributes
    ----------
    pose
        How large it is and how it lies.
    bends
        Size [mm] and fields of displacement along x, y and z, coarse ones first.
    shells
        What wraps the brain.
    tumour
        The tumour.
    """

    pose: Pose
    bends: tuple[tuple[float, tuple[SmoothField, SmoothField, SmoothField]], ...]
    shells: Shells
    tumour: Tumour

    def mixture(
        self,
        x: Float[np.ndarray, " x"],
        y: Float[np.ndarray, " y"],
        z: Float[np.ndarray, " z"],
        step: float,
    ) -> tuple[Mixture, Indices]:
        """Tissue fractions of the samples of size `step` [mm] that are near the head.

        With their indices on the grid of `x`, `y`, `z`; all other samples are air.
        """
        template = brain_template()
        places = np.stack(np.meshgrid(x, y, z, indexing="ij")) - self._displacement(x, y, z)
        points = self.pose.in_template(places)
        from_hull = template.smooth_hull.at(points)
        near = np.nonzero(from_hull < _THICKEST_MM)
        points = points[(slice(None), *near)]

        mixture = Mixture.of_air(near[0].size, step)
        from_skull = self.shells.wrap(mixture, points, from_hull[near], (x, y, z), near)
        grey, white = template.grey.at(points), template.white.at(points)
        mixture.cover("white matter", grey + white)
        mixture.convert("white matter", "grey matter", grey / np.maximum(grey + white, 1e-6))
        self._invade(mixture, from_skull, (x, y, z), near)
        mixture.cover("blood", mixture.inside(tubes().at(points)))
        mixture.cover("blood", mixture.inside(sinuses(points, -from_skull)))

        return mixture, near

    def _invade(
        self, mixture: Mixture, from_skull: Float[np.ndarray, " n"], axes: Axes, near: Indices
    ) -> None:
        """Put oedema, rim and core of the tumour into the brain."""
        if not self.tumour.comes_to(axes[2]):
            return
        surface, rim, oedema = (
            part(*axes)[near] for part in (self.tumour.surface, self.tumour.rim, self.tumour.oedema)
        )
        swollen = np.clip((oedema - surface) / _OEDEMA_EDGE_MM, 0, 1)
        mixture.convert("white matter", "oedema", swollen)
        surface = np.maximum(surface, from_skull + 2)
        mixture.cover("tumour rim", mixture.inside(surface))
        mixture.cover("necrotic core", mixture.inside(surface + rim))

    def _displacement(
        self, x: Float[np.ndarray, " x"], y: Float[np.ndarray, " y"], z: Float[np.ndarray, " z"]
    ) -> Float[np.ndarray, "3 x y z"]:
        """How far [mm] each place lies from where the template has it."""
        total = self.tumour.push(x, y, z)
        for size, fields in self.bends:
            for component, field in zip(total, fields, strict=True):
                component += size * field.on(x, y, z)
        return total


def grow_head(generator: torch.Generator, case: Case) -> Head:
    """A random individual with the size, the pose and the tumour of `case`."""
    bends = tuple(
        (
            size,
            (
                smooth_field(generator, spacing),
                smooth_field(generator, spacing),
                smooth_field(generator, spacing),
            ),
        )
        for spacing, size in zip(_BENDS_MM, case.bends, strict=True)
    )
    shells = grow_shells(generator)
    pose = Pose.of(case.head_size, case.head_turn)
    return Head(pose, bends, shells, grow_tumour(generator, case))
