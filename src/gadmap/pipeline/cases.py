"""The cases of Figure 6: chosen by rule from the fit, before any network is looked at."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float
from safetensors.numpy import load_file, save
from scipy.ndimage import binary_fill_holes, distance_transform_edt, median_filter, uniform_filter

from gadmap.evaluation.predict import predicted
from gadmap.networks.checkpoint import TrainedNetwork
from gadmap.report.paper_results import PaperCase
from gadmap.training import Patient
from gadmap.whole_file import write_whole

CASES = 3
_SHARE = 0.375
_LEAST = 32
_CAP, _TOP = 99.9, 99.5
_SMOOTH = 5
_RIM = 0.11


@dataclass(frozen=True, kw_only=True)
class Place:
    """A square part of one slice."""

    z: int
    window: tuple[slice, slice]

    def cut(self, volume: np.ndarray) -> np.ndarray:
        """That part of a volume (x, y, z)."""
        return volume[(*self.window, self.z)]


def case_names(test: Sequence[str]) -> list[str]:
    """The first test patients by name."""
    return sorted(test)[:CASES]


def place_of(patient: Patient, quantity: str) -> Place:
    """The slice where most enhances most strongly, and the square that holds most of that.

    Voxels count with their square, capped at the 99.9th percentile: a small tumour weighs more than
    a large area of faint enhancement. Medians over 5 x 5 voxels count, and only deep inside the
    head: neither a vessel, an edge that moved nor a muscle is a reason to show a place.
    """
    deep = _deep(patient.inside)
    weight = np.where(deep if deep.any() else patient.inside, _smooth(patient, quantity), 0)
    positive = weight[weight > 0]
    cap = float(np.percentile(positive, _CAP)) if positive.size else 1.0
    weight = np.minimum(weight / cap, 1) ** 2
    z = int(weight.sum(axis=(0, 1)).argmax())
    shape = weight.shape[:2]
    side = min(max(_LEAST, round(_SHARE * max(shape))), *shape)
    held = uniform_filter(weight[:, :, z], side, mode="constant")
    x, y = np.unravel_index(int(held.argmax()), shape)
    return Place(z=z, window=(_span(int(x), side, shape[0]), _span(int(y), side, shape[1])))


def _smooth(patient: Patient, quantity: str) -> Float[np.ndarray, "x y z"]:
    """The fit's medians in each slice, 0 where it tells nothing."""
    fit = np.where(patient.inside, np.nan_to_num(patient.fit[quantity]), 0).astype(np.float64)
    return median_filter(fit, (_SMOOTH, _SMOOTH, 1))


def _deep(inside: Bool[np.ndarray, "x y z"]) -> Bool[np.ndarray, "x y z"]:
    """Voxels far from the outline of the head in their slice."""
    rim = _RIM * max(inside.shape[:2])
    filled = (np.asarray(binary_fill_holes(inside[:, :, z])) for z in range(inside.shape[2]))
    depths = (np.asarray(distance_transform_edt(np.pad(one, 1))) for one in filled)
    return np.stack([depth[1:-1, 1:-1] > rim for depth in depths], axis=2)


def _span(centre: int, side: int, size: int) -> slice:
    first = min(max(centre - side // 2, 0), size - side)
    return slice(first, first + side)


def case_maps(
    trained: TrainedNetwork, patients: Iterable[Patient], quantity: str
) -> dict[str, Float[np.ndarray, "w h"]]:
    """Patient's name to the network's map of its place, from the whole slice in one pass."""
    found = {}
    for patient in patients:
        place = place_of(patient, quantity)
        signal, inside = patient.signal[None, :, :, place.z], patient.inside[None, :, :, place.z]
        found[patient.name] = predicted(trained, signal, inside)[quantity][0][place.window]
    return found


def write_case_maps(file: Path, maps: Mapping[str, Float[np.ndarray, "w h"]]) -> None:
    """A file of the maps, there completely or not at all."""
    write_whole(file, save({name: np.ascontiguousarray(v) for name, v in maps.items()}))


def paper_case(patient: Patient, quantity: str, files: Mapping[str, Path]) -> PaperCase:
    """A case with the maps of the networks whose files are given."""
    place = place_of(patient, quantity)
    estimates = {name: load_file(file) for name, file in files.items()}
    x, y = place.window
    signal = patient.signal[:, :, place.z, 0]
    top = float(np.percentile(signal[signal > 0], 98)) if (signal > 0).any() else 1.0
    return PaperCase(
        name=patient.name,
        place=(
            f"slice {patient.slices[0] + place.z}, voxels {x.start} to {x.stop - 1} by {y.start} "
            f"to {y.stop - 1}"
        ),
        gray=np.clip(signal / top, 0, 1) ** 0.8,
        window=place.window,
        inside=place.cut(patient.inside & np.isfinite(patient.fit[quantity])),
        fit=place.cut(patient.fit[quantity]),
        top=_top(place.cut(_smooth(patient, quantity))),
        truth=None if patient.truth is None else place.cut(patient.truth[quantity]),
        estimates={
            name: maps[patient.name] for name, maps in estimates.items() if patient.name in maps
        },
    )


def _top(smooth: Float[np.ndarray, "w h"]) -> float:
    """Where the scale of a case's maps ends: a vessel does not set it."""
    positive = smooth[smooth > 0]
    return float(np.percentile(positive, _TOP)) if positive.size else 1.0
