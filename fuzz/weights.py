"""Safetensors: networks, guided networks, checkpoints of a training, prepared patients."""

import json
import struct
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from safetensors.numpy import save

from fuzz.target import Target
from gadmap.data import Acquisition
from gadmap.networks.checkpoint import TrainedNetwork, built_network, read_network, write_network
from gadmap.networks.frame_grid import FrameGrid
from gadmap.networks.guided_file import TrainedGuided, built_guided, read_guided, write_guided
from gadmap.training.patient import Patient
from gadmap.training.patient_file import read_patient, write_patient
from gadmap.training.snapshot import Best, Moments, Snapshot, read_snapshot, write_snapshot

_READERS: tuple[Callable[[Path], object], ...] = (
    read_network,
    read_guided,
    read_snapshot,
    read_patient,
)


def _network(file: Path) -> None:
    configuration = {"frames": 4, "outputs": 1}
    write_network(
        file,
        TrainedNetwork(
            network="cnn-local",
            configuration=configuration,
            quantities=("ktrans",),
            scales={"ktrans": 0.2},
            grid=FrameGrid(step=5.0, frames=4, baseline=1),
            provenance={},
            module=built_network("cnn-local", configuration),
        ),
    )


def _guided(file: Path) -> None:
    write_guided(
        file,
        TrainedGuided(
            quantities=("ktrans",),
            calibration={"ktrans": 1.0},
            provenance={},
            module=built_guided(1),
        ),
    )


def _snapshot(file: Path) -> None:
    weights, chosen = {"a": torch.ones(2)}, {"a": torch.ones(2)}
    moments = Moments({"a": {"step": torch.tensor(1.0), "exp_avg": torch.zeros(2)}})
    best = Best(step=1, loss=0.5, weights=chosen)
    write_snapshot(
        file,
        Snapshot(
            step=2, weights=weights, moments=moments, best=best, since=(0.5, 1), identity={"a": 1}
        ),
    )


def _patient(file: Path) -> None:
    ones = np.ones((2, 2, 1), np.float32)
    write_patient(
        file,
        Patient(
            name="p",
            signal=np.ones((2, 2, 1, 3), np.float32),
            inside=ones > 0,
            estimate={"ktrans": ones},
            fit={"ktrans": ones},
            truth=None,
            slices=(0, 1),
            acquisition=Acquisition(tr=0.005, flip_angle=0.3),
        ),
    )


@cache
def _files() -> tuple[bytes, ...]:
    with TemporaryDirectory() as folder:
        files = []
        for write in (_network, _guided, _snapshot, _patient):
            write(Path(folder) / "a")
            files.append((Path(folder) / "a").read_bytes())
    return tuple(files)


def _parts(content: bytes) -> tuple[bytes, bytes]:
    """Header and samples."""
    (length,) = struct.unpack("<Q", content[:8])
    return content[8 : 8 + length], content[8 + length :]


def seeds() -> list[bytes]:
    """A header of each kind, to which the samples are added; and whole files, one that lies.

    The byte before says whose reader is asked: 0 to 3 with the samples of its kind, 4 to 7 as is.
    """
    headers = [bytes([48 + kind]) + _parts(file)[0] for kind, file in enumerate(_files())]
    whole = [bytes([52 + kind]) + _files()[kind] for kind in (2, 3)]
    stranger = save({"a": np.ones(3, np.float32)}, {"format": "pt"})
    lie = json.dumps({"a": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}).encode()
    return [*headers, *whole, b"4" + stranger, b"4" + struct.pack("<Q", len(lie)) + lie]


def read(data: bytes, folder: Path) -> None:
    """Give the file to the reader that its first byte names."""
    kind = data[0] % 8 if data else 0
    content = data[1:]
    if kind < 4:
        content = struct.pack("<Q", len(content)) + content + _parts(_files()[kind])[1]
    file = folder / "a.safetensors"
    file.write_bytes(content)
    _READERS[kind % 4](file)


TARGET = Target(
    name="weights",
    seeds=seeds,
    read=read,
    words=(
        b'"__metadata__"', b'"shape":[', b'"data_offsets":[0,', b'"dtype":"F64"', b'"BF16"',
        b'\\"', b"\\\\", b"null", b"9" * 20, b'"record"', b'"quantities"', b'"configuration"',
    ),
)  # fmt: skip
