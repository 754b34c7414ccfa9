"""Maps as a BIDS dataset of derivatives: its top, and where each examination's maps came from."""

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from gadmap.io.bids_dataset import DATASET
from gadmap.io.bids_exam import BidsExam
from gadmap.io.bids_write import describe_dataset
from gadmap.io.map_names import BidsOrigin
from gadmap.io.sidecar import bids_root

_RAW = "raw"
_IGNORED = ("perf*/",)
_README = """Maps of dynamic contrast-enhanced MRI by gadmap, a folder for each series.

- `desc-<model>_<quantity>map`: a parameter of the kinetic model; NaN where it was not estimated.
- `desc-<model>SE_<quantity>map`: its standard error.
- `desc-<model>_reason`: why a voxel has no estimate, or must be read with care (see its sidecar).
- `T1map`: native T1 in s, where it was measured. `aif.tsv`: the arterial input.

Each sidecar holds the quantity, its unit and its code in the lexicon of OSIPI (CAPLEX), the model,
and where arterial input and T1 came from. BIDS 1.11 has no names for maps of perfusion yet: their
folders stand in `.bidsignore`."""


def describe_derivatives(
    out: Path, raw: Path, ignored: Sequence[str] = (), name: str = "Pharmacokinetic maps"
) -> None:
    """Write `dataset_description.json`, `README.md` and `.bidsignore` of a dataset of maps.

    Sources are given as `bids:raw:...`. Where the raw dataset lies is told only relative to
    this one and only if this one lies within: other paths bear the names of users.

    Parameters
    ----------
    out
        The dataset's folder, which is there.
    raw
        The dataset that is mapped.
    ignored
        Patterns of what else lies there that BIDS does not know.
    """
    described = json.loads((raw / DATASET).read_text(encoding="utf-8-sig"))
    links = {key: described[key] for key in ("License", "DatasetDOI") if key in described}
    source = {"DOI": links.pop("DatasetDOI")} if "DatasetDOI" in links else {}
    more: dict[str, Any] = dict(links)
    if source:
        more["SourceDatasets"] = [source]
    if raw.resolve() in out.resolve().parents:
        more["DatasetLinks"] = {_RAW: Path(os.path.relpath(raw, out)).as_posix()}
    describe_dataset(out, name, "derivative", _README, (*_IGNORED, *ignored), **more)


def bids_origin(exam: BidsExam, used: Iterable[Path]) -> BidsOrigin:
    """What names the maps of an examination, and tells the files that they were estimated from.

    Parameters
    ----------
    used
        Files beside the dynamic series; those outside its dataset are left out.
    """
    root = bids_root(exam.dynamic)
    if root is None:
        raise ValueError(f"{exam.dynamic}: lies in no BIDS dataset; expected {DATASET} above it")
    within = [file for file in (exam.dynamic, *used) if file.is_relative_to(root)]
    sources = (f"bids:{_RAW}:{file.relative_to(root).as_posix()}" for file in within)
    return BidsOrigin(name=exam.name, sources=tuple(sources))
