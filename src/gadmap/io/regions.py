"""Regions, from masks and label images, and what they are called."""

import csv
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float

_KEYS = ("desc", "label")


def mask_name(file: Path) -> str:
    """What a mask is called: by its BIDS label, `desc-` or `label-`, else by its file."""
    stem = file.name.split(".")[0]
    entities = dict(part.split("-", 1) for part in stem.split("_") if "-" in part)
    return next((entities[key] for key in _KEYS if key in entities), stem)


def labelled(
    volume: Float[np.ndarray, "x y z"], file: Path
) -> dict[str, Bool[np.ndarray, "x y z"]]:
    """Name to voxels of each number of a label image, 0 for background.

    Names are those of the TSV file beside it with columns index and name, as BIDS has it, else
    the numbers.

    Raises
    ------
    ValueError
        If that file lacks a column, or two numbers have one name.
    """
    names = _names(file.with_name(f"{file.name.split('.')[0]}.tsv"))
    numbers = [int(n) for n in np.unique(volume[np.isfinite(volume)]) if n != 0]
    called = [names.get(number, f"label {number}") for number in numbers]
    if len(set(called)) < len(called):
        raise ValueError(f"{file.name}: two of its labels have one name in the table beside it")
    return {name: volume == number for name, number in zip(called, numbers, strict=True)}


def is_labelled(volume: Float[np.ndarray, "x y z"]) -> bool:
    """Whether a volume holds several whole numbers beside 0, and so is no mask of one region."""
    inside = np.unique(volume[np.isfinite(volume) & (volume != 0)])
    return inside.size > 1 and np.array_equal(inside, np.rint(inside))


def _names(table: Path) -> dict[int, str]:
    """Names of the numbers of a label image, as BIDS' table of them has it."""
    if not table.is_file():
        return {}
    with table.open(encoding="utf-8", newline="") as stream:
        try:
            rows = list(csv.DictReader(stream, delimiter="\t"))
            return {int(row["index"]): row["name"] for row in rows}
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"{table.name}: expected columns index and name ({error!r})"
            ) from error
