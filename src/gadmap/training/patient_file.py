"""Patients on disk, as safetensors."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from gadmap.data import Acquisition
from gadmap.networks.safe_file import safe_contents
from gadmap.training.patient import Patient
from gadmap.untrusted import json_value
from gadmap.whole_file import write_whole

_KINDS = ("estimate", "fit", "truth")


def write_patient(path: Path, patient: Patient) -> None:
    """A file of the patient, there completely or not at all.

    The signal is kept in half precision: its rounding, 2.4e-4 of the scale, lies far below noise.
    """
    arrays = {"signal": patient.signal.astype(np.float16), "inside": patient.inside}
    for kind in _KINDS:
        for quantity, values in (getattr(patient, kind) or {}).items():
            arrays[f"{kind}.{quantity}"] = values
    record = {
        "name": patient.name,
        "slices": list(patient.slices),
        "acquisition": asdict(patient.acquisition),
    }
    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    write_whole(path, save(whole, {"gadmap": "patient", "record": json.dumps(record)}))


def read_patient(path: Path) -> Patient:
    """The patient in a file of `write_patient`.

    Raises
    ------
    ValueError
        If the file is damaged or something else.
    """
    try:
        metadata, tensors = safe_contents(path)
    except ValueError as error:
        raise ValueError(f"{error}; delete it, it is made anew") from error
    if metadata.get("gadmap") != "patient":
        raise ValueError(f"{path.name}: no prepared patient; is this another safetensors file?")
    try:
        record = json_value(metadata["record"], "its record")
        return _patient(record, {name: tensor.numpy() for name, tensor in tensors.items()})
    except (KeyError, TypeError, ValueError) as error:
        line = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise ValueError(
            f"{path.name}: damaged ({line[:200]}); delete it, it is made anew"
        ) from error


def _patient(record: Any, arrays: Mapping[str, np.ndarray]) -> Patient:
    maps = {
        kind: {
            name.removeprefix(f"{kind}."): array
            for name, array in arrays.items()
            if name.startswith(f"{kind}.")
        }
        for kind in _KINDS
    }
    first, stop = record["slices"]
    return Patient(
        name=str(record["name"]),
        signal=arrays["signal"].astype(np.float32),
        inside=arrays["inside"].astype(bool),
        estimate=maps["estimate"],
        fit=maps["fit"],
        truth=maps["truth"] or None,
        slices=(int(first), int(stop)),
        acquisition=Acquisition(**record["acquisition"]),
    )


@dataclass(frozen=True)
class Patients(Mapping[str, Patient]):
    """Prepared patients by name, each read from its file when it is asked for.

    Attributes
    ----------
    files
        Name to file, in the order of the names.
    """

    files: Mapping[str, Path]

    def __getitem__(self, name: str) -> Patient:
        return read_patient(self.files[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)
