"""Datasets in BIDS: what stands at their top, and a phantom's examinations in them.

BIDS 1.11.1; `.bidsignore` names what it has no suffix for.
"""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gadmap.data import DceSeries, FlipAngleSeries
from gadmap.io.nifti_write import acquisition_keys, series_keys, write_image
from gadmap.io.strict_json import json_text
from gadmap.whole_file import write_whole

BIDS_VERSION = "1.11.1"
_SPOILED = {"PulseSequenceType": "Spoiled gradient echo", "MRAcquisitionType": "3D"}


def describe_dataset(
    root: Path, name: str, kind: str, readme: str, ignored: Sequence[str], **more: Any
) -> None:
    """Write `dataset_description.json`, `README.md` and `.bidsignore`, each whole at any time.

    Parameters
    ----------
    kind
        "raw" or "derivative".
    ignored
        Patterns, as in .gitignore, of the files that BIDS does not know.
    more
        What else the description holds, as DatasetLinks.
    """
    generated = {"Name": "gadmap", "Version": version("gadmap")}
    description = {
        "Name": name,
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": kind,
        "GeneratedBy": [generated],
        **more,
    }
    files = {
        "dataset_description.json": json_text(description),
        "README.md": f"# {name}\n\n{readme}\n",
        ".bidsignore": "\n".join((*ignored, ".gadmap*")) + "\n",
    }
    for file, text in files.items():
        write_whole(root / file, text)


def write_participants(root: Path, participants: Sequence[str]) -> None:
    """`participants.tsv` of these labels."""
    rows = ("participant_id", *(f"sub-{label}" for label in participants))
    (root / "participants.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def write_bids_series(
    session: Path, name: str, series: DceSeries, vfa: FlipAngleSeries
) -> list[Path]:
    """`perf/NAME_dce` and `anat/NAME_flip-1_VFA` and so on, each with its sidecar.

    Parameters
    ----------
    session
        Folder of the participant's session.
    name
        The files' entities, "sub-01_ses-02".
    """
    for folder in ("perf", "anat"):
        (session / folder).mkdir(parents=True)
    agent = {"ContrastBolusIngredient": "GADOLINIUM"}
    keys = series_keys(series) | {"VolumeTiming": series.t.tolist()} | _SPOILED | agent
    files = write_image(session / "perf" / f"{name}_dce", series.signal, series.affine, keys)
    for index, acquisition in enumerate(vfa.acquisitions):
        keys = acquisition_keys(acquisition) | _SPOILED
        path = session / "anat" / f"{name}_flip-{index + 1}_VFA"
        files += write_image(path, vfa.signal[..., index], vfa.affine, keys)
    return files
