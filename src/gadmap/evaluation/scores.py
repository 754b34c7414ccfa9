"""One estimator's agreement on every test patient, as a record that a file can keep."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gadmap.evaluation.agreement import Agreement
from gadmap.evaluation.rows import Row, row_of

VIEWS = ("regions", "slices")
"""What is compared: the paper's 32 x 32 regions of tissue, or whole slices in one pass."""

REFERENCES = ("fit", "truth", "truth-all")
"""What it is compared with.

"fit": the least-squares map, where it determines the quantity. "truth": the true map, in the same
voxels. "truth-all": the true map wherever it is known and the fit is valid, determined or not.
"""


@dataclass(frozen=True, kw_only=True, order=True)
class Key:
    """What a score is of: one of `VIEWS`, one of `REFERENCES`, and a quantity's name."""

    view: str
    reference: str
    quantity: str

    @property
    def text(self) -> str:
        """One word, for files."""
        return f"{self.view}/{self.reference}/{self.quantity}"


def key_of(text: str) -> Key:
    """The key that `Key.text` wrote."""
    view, reference, quantity = text.split("/")
    return Key(view=view, reference=reference, quantity=quantity)


@dataclass(frozen=True, eq=False, kw_only=True)
class Scores:
    """Agreement of one training of one estimator with what is known of the test patients.

    Attributes
    ----------
    name
        The network's name, or "least-squares".
    seed
        Of the training; None for the fit, which has none.
    found
        Key to patient to agreement.
    """

    name: str
    seed: int | None
    found: Mapping[Key, Mapping[str, Agreement]]

    def record(self) -> dict[str, Any]:
        """The same in types that JSON has, without loss."""
        return {
            "name": self.name,
            "seed": self.seed,
            "found": {
                key.text: {patient: asdict(one) for patient, one in patients.items()}
                for key, patients in self.found.items()
            },
        }


def scores_of(record: Mapping[str, Any]) -> Scores:
    """The scores that `Scores.record` made.

    Raises
    ------
    ValueError
        If something else is there.
    """
    try:
        found = {
            key_of(key): {patient: Agreement(**one) for patient, one in patients.items()}
            for key, patients in record["found"].items()
        }
        return Scores(name=record["name"], seed=record["seed"], found=found)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"not a record of scores ({error})") from error


def rows_of(scores: Iterable[Scores], key: Key) -> list[Row]:
    """A row for each name, in order of appearance, with its seeds; those that lack `key` do not.

    Raises
    ------
    ValueError
        If the scores are of different patients.
    """
    grouped: dict[str, list[Mapping[str, Agreement]]] = {}
    for one in scores:
        if key in one.found:
            grouped.setdefault(one.name, []).append(one.found[key])
    patients = _patients(list(grouped.values()))
    return [row_of(name, patients, seeds) for name, seeds in grouped.items()]


def _patients(groups: Sequence[Sequence[Mapping[str, Agreement]]]) -> list[str]:
    return sorted(groups[0][0]) if groups else []
