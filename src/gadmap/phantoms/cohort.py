"""Patients one after the other, each with known truth."""

from collections.abc import Iterator

from gadmap.phantoms.patients import patient_case
from gadmap.phantoms.priors import RIDER, Priors
from gadmap.phantoms.reference_object import Phantom, phantom_of


def cohort(
    count: int,
    seed: int = 0,
    *,
    priors: Priors = RIDER,
    matrix: int = 256,
    slices: int = 16,
    frames: int = 65,
    motion: bool = True,
) -> Iterator[Phantom]:
    """The first `count` patients of the cohort `seed`, made one at a time as they are asked for.

    The same seed gives the same patients, however many are made.

    Parameters
    ----------
    priors
        Ranges of all that differs between patients.
    matrix, slices, frames
        Size of each examination: voxels along x and y, slices, dynamic frames.
    motion
        False for heads that lie still.

    Raises
    ------
    ValueError
        If `seed` is negative, or the size makes no phantom.
    """
    for index in range(count):
        yield phantom_of(
            patient_case(
                seed,
                index,
                priors=priors,
                matrix=matrix,
                slices=slices,
                frames=frames,
                motion=motion,
            )
        )
