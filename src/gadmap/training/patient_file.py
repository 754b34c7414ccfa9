"""Patients on disk, as safetensors."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from gadmap.data import Acquisition
from gadmap.training.patient import Patient
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
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"{path}: damaged ({error}); delete it, it is made anew") from error
    if metadata.get("gadmap") != "patient":
        raise ValueError(f"{path}: no prepared patient; is this another safetensors file?")
    record = json.loads(metadata["record"])
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
        name=record["name"],
        signal=arrays["signal"].astype(np.float32),
        inside=arrays["inside"],
        estimate=maps["estimate"],
        fit=maps["fit"],
        truth=maps["truth"] or None,
        slices=(first, stop),
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
