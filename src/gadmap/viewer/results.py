"""Results folders read once into memory: all that the viewer ever shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from gadmap.data import Aif, Exam, ParameterMaps
from gadmap.io import EXAM_FOLDER, read_exam, read_maps
from gadmap.io.grid import require_same_grid


@dataclass(frozen=True, eq=False, kw_only=True)
class Shown:
    """One estimate.

    Attributes
    ----------
    name
        What the page calls it, different for each: the estimator's name, with its place where two
        share it.
    maps
        The maps.
    exam
        The examination that they came from, or None where the folder does not hold it.
    """

    name: str
    maps: ParameterMaps
    exam: Exam | None


@dataclass(frozen=True, eq=False, kw_only=True)
class Results:
    """Estimates of one examination, on one grid.

    Attributes
    ----------
    shown
        The estimates, in the order given; at least one.
    exam
        The examination whose series and concentration are shown: the first with a measured or
        chosen arterial input, else the first; None where no folder holds one.
    """

    shown: tuple[Shown, ...]
    exam: Exam | None

    @property
    def grid(self) -> tuple[int, int, int]:
        """Number of voxels along x, y, z."""
        x, y, z = self.shown[0].maps.valid.shape
        return x, y, z

    @property
    def affine(self) -> Float[np.ndarray, "4 4"]:
        """Voxel index to patient millimetres, RAS+."""
        return self.shown[0].maps.affine

    @property
    def aif(self) -> Aif | None:
        """The arterial input; None where there is none, or only what stands in for one."""
        return None if self.exam is None or self.exam.aif.stand_in else self.exam.aif


def read_shown(folders: Sequence[Path]) -> Results:
    """The results folders of one examination.

    Raises
    ------
    FileNotFoundError
        If a folder holds no maps.
    ValueError
        If files are damaged, grids differ, or frames do.
    """
    maps = [read_maps(folder) for folder in folders]
    exams = [read_exam(f / EXAM_FOLDER) if (f / EXAM_FOLDER).is_dir() else None for f in folders]
    names = _names(maps)
    shown = tuple(
        Shown(name=name, maps=one, exam=exam)
        for name, one, exam in zip(names, maps, exams, strict=True)
    )
    kept = [exam for exam in exams if exam is not None]
    measured = [exam for exam in kept if not exam.aif.stand_in]
    results = Results(shown=shown, exam=next(iter([*measured, *kept]), None))
    _require_one_exam(results, folders)
    return results


def _names(maps: Sequence[ParameterMaps]) -> list[str]:
    estimators = [one.estimator for one in maps]
    return [
        name if estimators.count(name) == 1 else f"{name} ({index + 1})"
        for index, name in enumerate(estimators)
    ]


def _require_one_exam(results: Results, folders: Sequence[Path]) -> None:
    for folder, one in zip(folders, results.shown, strict=True):
        require_same_grid(f"maps of {folder}", one.maps.valid.shape, one.maps.affine, results)
        if one.exam is None or results.exam is None:
            continue
        require_same_grid(
            f"exam of {folder}", one.exam.series.grid, one.exam.series.affine, results
        )
        t, expected = one.exam.series.t, results.exam.series.t
        if t.shape != expected.shape or not np.allclose(t, expected):
            raise ValueError(
                f"exam of {folder}: {t.size} frames from {t[0]:g} to {t[-1]:g} s, another folder's "
                f"{expected.size} from {expected[0]:g} to {expected[-1]:g} s; expected one "
                "examination. Were two patients mixed?"
            )
