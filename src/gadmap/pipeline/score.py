"""Scores of trained networks, and of the exact fit itself, on test patients."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from gadmap.evaluation import FIT, Agreement, Key, Scores, agreement
from gadmap.evaluation.predict import predicted
from gadmap.networks.checkpoint import TrainedNetwork
from gadmap.training import Patient, Recipe
from gadmap.training.training_set import fixed_corners

Cut = Callable[[np.ndarray], np.ndarray]
"""From a volume (x, y, z, ...) to images (image, h, w, ...)."""

Found = dict[Key, dict[str, Agreement]]


def network_scores(
    trained: TrainedNetwork, name: str, patients: Iterable[Patient], recipe: Recipe, slices: int
) -> Scores:
    """How far a network's maps lie from the fit, and from the truth where it is known.

    Parameters
    ----------
    name
        Of the row.
    recipe
        Its regions are those compared; no seed of a training moves them.
    slices
        Number of whole slices of each patient that are compared too, evenly spread.
    """
    found: Found = {}
    for patient in patients:
        for view, cut in views(patient, recipe, slices).items():
            inside = cut(patient.inside) if view == "slices" else None
            maps = predicted(trained, cut(patient.signal), inside)
            for quantity in trained.quantities:
                references = references_of(patient, quantity)
                for reference, (values, where) in references.items():
                    key = Key(view=view, reference=reference, quantity=quantity)
                    found.setdefault(key, {})[patient.name] = agreement(
                        maps[quantity], cut(values), cut(where), trained.scales[quantity]
                    )
    return Scores(name=name, seed=seed_of(trained), found=found)


def fit_scores(
    scales: Mapping[str, float], patients: Iterable[Patient], recipe: Recipe, slices: int
) -> Scores:
    """How far the exact fit itself lies from the truth; nothing where no truth is known."""
    found: Found = {}
    for patient in patients:
        for view, cut in views(patient, recipe, slices).items():
            for quantity, scale in scales.items():
                for reference, (values, where) in references_of(patient, quantity).items():
                    if reference == "fit":
                        continue
                    key = Key(view=view, reference=reference, quantity=quantity)
                    found.setdefault(key, {})[patient.name] = agreement(
                        cut(patient.estimate[quantity]), cut(values), cut(where), scale
                    )
    return Scores(name=FIT, seed=None, found=found)


def seed_of(trained: TrainedNetwork) -> int | None:
    """The seed that the weights' provenance tells."""
    return trained.provenance.get("recipe", {}).get("seed")


def views(patient: Patient, recipe: Recipe, slices: int) -> dict[str, Cut]:
    """What is compared of a patient: the paper's regions, and some whole slices."""
    size, corners = recipe.region_size, fixed_corners(patient, recipe).tolist()
    chosen = spread(patient.signal.shape[2], slices)

    def regions(volume: np.ndarray) -> np.ndarray:
        cuts = [volume[x : x + size, y : y + size, z] for x, y, z in corners]
        return np.stack(cuts) if cuts else np.empty((0, size, size, *volume.shape[3:]))

    def whole(volume: np.ndarray) -> np.ndarray:
        return np.stack([volume[:, :, z] for z in chosen])

    return {"regions": regions, "slices": whole}


def spread(depth: int, count: int) -> list[int]:
    """Slices evenly spread over a volume, none at its ends unless all are taken."""
    count = min(count, depth)
    return [int((i + 0.5) * depth / count) for i in range(count)]


def references_of(patient: Patient, quantity: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The maps to compare with, and where: see `gadmap.evaluation.scores.REFERENCES`."""
    fit = patient.fit[quantity]
    determined = patient.inside & np.isfinite(fit)
    if patient.truth is None:
        return {"fit": (fit, determined)}
    truth = patient.truth[quantity]
    known = patient.inside & np.isfinite(truth)
    mapped = np.isfinite(patient.estimate[quantity])
    return {
        "fit": (fit, determined),
        "truth": (truth, determined & known),
        "truth-all": (truth, mapped & known),
    }
