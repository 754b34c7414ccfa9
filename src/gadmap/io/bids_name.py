"""File names of BIDS: entities, suffix and extension."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gadmap.io.sidecar import nifti_stem

_WITHIN_A_SERIES = frozenset(
    ("flip", "part", "desc", "space", "res", "label", "seg", "atlas", "scale")
)


@dataclass(frozen=True, kw_only=True)
class BidsName:
    """What the name of a BIDS file says: `sub-01_ses-02_run-1_dce.nii.gz`.

    Attributes
    ----------
    path
        The file.
    entities
        Key to label, in the order of the name: "sub" to "01".
    suffix
        What it is: "dce", "VFA", "T1map".
    """

    path: Path
    entities: Mapping[str, str] = field(default_factory=dict)
    suffix: str

    @property
    def series(self) -> dict[str, str]:
        """The entities that tell one series of a session from another: acq, run and the like."""
        apart = _WITHIN_A_SERIES | {"sub", "ses"}
        return {key: label for key, label in self.entities.items() if key not in apart}

    def contradicts(self, other: "BidsName") -> bool:
        """True where both names tell an entity, but not the same label: run-1 and run-2."""
        shared = self.series.keys() & other.series.keys()
        return any(self.series[key] != other.series[key] for key in shared)


def bids_name(path: Path) -> BidsName:
    """The parts of a file's name; what is no key-label pair is left out."""
    *pairs, suffix = nifti_stem(path).split("_")
    entities = dict(pair.split("-", 1) for pair in pairs if "-" in pair)
    return BidsName(path=path, entities=entities, suffix=suffix)
