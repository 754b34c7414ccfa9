"""Which patients are trained on, looked at, and kept for the test."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Split:
    """Names of the patients of each part; no patient is in two."""

    training: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]


def split_patients(names: Sequence[str], parts: tuple[int, int, int], seed: int) -> Split:
    """Patients drawn into training, validation and test in the proportions of `parts`.

    Nineteen in (12, 2, 5) are just that. Validation and test get the nearest number, at least
    one; training gets the rest. The order of `names` does not matter.

    Raises
    ------
    ValueError
        If there are fewer than three, or two of one name.
    """
    ordered = sorted(names)
    if len(set(ordered)) < len(ordered):
        raise ValueError("two patients of one name; expected each to have its own")
    if len(ordered) < 3:
        raise ValueError(
            f"{len(ordered)} patients; expected at least 3, to train, to choose and to test"
        )
    shuffled = [ordered[i] for i in np.random.default_rng(seed).permutation(len(ordered))]
    _, validation, test = (max(round(len(ordered) * part / sum(parts)), 1) for part in parts)
    while validation + test >= len(ordered):
        test, validation = max(test - 1, 1), max(validation - (test == 1), 1)
    return Split(
        training=tuple(sorted(shuffled[validation + test :])),
        validation=tuple(sorted(shuffled[:validation])),
        test=tuple(sorted(shuffled[validation : validation + test])),
    )
