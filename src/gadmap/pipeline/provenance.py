"""What a run was made from, by checksums: to make it again and see that it is the same."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from gadmap.data import DceSeries
from gadmap.data.walk import frames_of
from gadmap.pipeline.map_settings import MapSettings

FILE_OPTIONS = ("t10", "b1", "aif", "mask", "reference", "estimator")
"""Settings that may name a file, beside `vfa`, which may name several."""


def file_digests(settings: MapSettings) -> dict[str, str]:
    """SHA-256 of each file that the settings name, by its name without the folder."""
    return {path.name: digest_of(path) for path in _files(settings)}


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def signal_digest(series: DceSeries) -> str:
    """SHA-256 of a series' samples as float32, x fastest, frame after frame."""
    found = hashlib.sha256()
    for frame in frames_of(series.signal):
        samples = np.asfortranarray(frame, dtype="<f4")
        found.update(samples.T.data)
    return found.hexdigest()


def _files(settings: MapSettings) -> Iterator[Path]:
    named = (getattr(settings, name) for name in FILE_OPTIONS)
    for value in (*settings.vfa, *named):
        if isinstance(value, str | Path) and Path(value).is_file():
            yield Path(value)


def sameness(record: Mapping[str, object], earlier: Mapping[str, object]) -> tuple[str, ...]:
    """What a reader should know of a repetition: whether input and program are the same."""
    remarks = []
    if record["signal_sha256"] == earlier.get("signal_sha256"):
        remarks.append("the series is that of the earlier run, sample for sample")
    else:
        remarks.append("the series is another than that of the earlier run")
    ours, theirs = (_program(one) for one in (record, earlier))
    if ours != theirs:
        remarks.append(f"the earlier run was by gadmap {theirs}, this one is by {ours}")
    return tuple(remarks)


def _program(record: Mapping[str, object]) -> str:
    versions = record.get("versions")
    return str(versions.get("gadmap", "?")) if isinstance(versions, Mapping) else "?"
