"""One patient of a cohort: a case whose values are drawn from priors."""

from dataclasses import replace

import numpy as np

from gadmap.phantoms.case import Case, Place
from gadmap.phantoms.patient_tissues import patient_tissues
from gadmap.phantoms.pose import Pose
from gadmap.phantoms.priors import RIDER, Priors
from gadmap.phantoms.tumour_place import tumour_place

_THINNEST_RIM_MM = 2.5
_LOBE_OFFSET, _LOBE_SIZE = (0.5, 0.85), (0.45, 0.75)  # tumour radii


def patient_case(
    seed: int,
    index: int,
    *,
    priors: Priors = RIDER,
    matrix: int = 256,
    slices: int = 16,
    frames: int = 65,
    motion: bool = True,
) -> Case:
    """Case of patient `index`, from 0, of the cohort `seed`.

    It depends on nothing else: not on how many patients there are, and what is drawn not on
    `matrix`, `slices`, `frames` or `motion`.

    Parameters
    ----------
    priors
        Ranges of all that differs between patients.
    matrix, slices, frames
        Size of the examination.
    motion
        False for a head that lies still.

    Raises
    ------
    ValueError
        If `seed` or `index` is negative, or the size makes no phantom.
    """
    if seed < 0 or index < 0:
        raise ValueError(f"seed {seed}, patient {index}; expected neither below 0")
    # the name too, so that no two priors share their anatomies: one may train, the other test
    generator = np.random.default_rng((seed, index, *priors.name.encode()))
    case = Case(matrix=matrix, slices=slices, frames=frames)
    for drawn in (_scanned, _injected, _grown, _moving, _with_tumour):
        case = drawn(case, priors, generator)
    return case if motion else replace(case, drift=0.0, drift_angle=0.0, jumps=0)


def _scanned(case: Case, priors: Priors, generator: np.random.Generator) -> Case:
    x, y, z = case.centre
    return replace(
        case,
        seed=int(generator.integers(2**62)),
        tr=priors.tr.draw(generator),
        flip_angle=priors.flip_angle.draw(generator),
        centre=(x, y, z + priors.level.draw(generator)),
        b1=priors.b1.draw(generator),
        b1_spread=priors.b1_spread.draw(generator),
        coil_spread=priors.coil_spread.draw(generator),
        point_spread=priors.point_spread.draw(generator),
        snr=priors.snr.draw(generator),
    )


def _injected(case: Case, priors: Priors, generator: np.random.Generator) -> Case:
    return replace(
        case,
        baseline_frames=_count(priors.baseline_frames, generator),
        lead=priors.lead.draw(generator),
        dose=priors.dose.draw(generator),
        cardiac_output=priors.cardiac_output.draw(generator),
        washout=priors.washout.draw(generator),
        dispersion=priors.dispersion.draw(generator),
        hct=priors.hct.draw(generator),
    )


def _grown(case: Case, priors: Priors, generator: np.random.Generator) -> Case:
    size = priors.head_size.draw(generator)
    wide, long, high = (size * priors.head_shape.draw(generator) for _ in range(3))
    about_x, about_y, about_z = (priors.head_turn.draw(generator) for _ in range(3))
    coarse, fine = case.bends
    bent = priors.bends.draw(generator)
    return replace(
        case,
        tissues=patient_tissues(priors, generator),
        head_size=(wide, long, high),
        head_turn=(about_x, about_y, about_z),
        bends=(coarse * bent, fine * bent),
    )


def _moving(case: Case, priors: Priors, generator: np.random.Generator) -> Case:
    return replace(
        case,
        drift=priors.drift.draw(generator),
        drift_angle=priors.drift_angle.draw(generator),
        jumps=_count(priors.jumps, generator),
    )


def _with_tumour(case: Case, priors: Priors, generator: np.random.Generator) -> Case:
    radius = priors.tumour_radius.draw(generator)
    rim = max(_THINNEST_RIM_MM, radius * priors.tumour_rim.draw(generator))
    oedema = priors.tumour_oedema.draw(generator)
    others = _count(priors.lobes, generator) - 1
    lobes = tuple(_lobe(generator) for _ in range(others))
    place = np.array(tumour_place(generator, radius))
    x, y, z = Pose.of(case.head_size, case.head_turn).in_patient(place).tolist()
    return replace(
        case,
        tumour_radius=radius,
        tumour_rim=rim,
        tumour_oedema=oedema,
        tumour_lobes=(((0.0, 0.0, 0.0), 1.0), *lobes),
        tumour_centre=(x, y, z),
    )


def _lobe(generator: np.random.Generator) -> tuple[Place, float]:
    direction = generator.standard_normal(3)
    offset = generator.uniform(*_LOBE_OFFSET) * direction / np.linalg.norm(direction)
    x, y, z = offset.tolist()
    return (x, y, z), float(generator.uniform(*_LOBE_SIZE))


def _count(ends: tuple[int, int], generator: np.random.Generator) -> int:
    return int(generator.integers(*ends, endpoint=True))
