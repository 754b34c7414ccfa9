"""Which trained networks can stand in one table, and what their rows are called."""

import json
from collections.abc import Sequence
from pathlib import Path

from gadmap.networks.checkpoint import TrainedNetwork
from gadmap.pipeline.score import seed_of
from gadmap.training import Recipe
from gadmap.training.recipe import recipe_of

_SHARED = ("quantities", "scales", "grid")
_SAME_DATA = ("cohort", "slices", "motion", "regions", "region_size", "region_tissue", "split_seed")


def recipe_behind(file: Path, network: TrainedNetwork) -> Recipe:
    """The recipe of a file's training.

    Raises
    ------
    ValueError
        If the file does not tell it, or not which patients it has seen.
    """
    lacking = sorted({"recipe", "seen"} - network.provenance.keys())
    if lacking:
        raise ValueError(
            f"{file}: does not tell {' and '.join(lacking)}, so the patients that it has seen "
            "cannot be kept out of the test; expected weights of gadmap train"
        )
    return recipe_of(network.provenance["recipe"], str(file))


def require_alike(
    files: Sequence[Path], networks: Sequence[TrainedNetwork], recipes: Sequence[Recipe]
) -> None:
    """Raise ValueError unless all can be compared on one scale, regions and patients."""
    first = {part: getattr(networks[0], part) for part in _SHARED}
    made_for = {part: getattr(recipes[0], part) for part in _SAME_DATA}
    for file, network, recipe in zip(files, networks, recipes, strict=True):
        for part, expected in {**first, **made_for}.items():
            found = getattr(network if part in _SHARED else recipe, part)
            if found != expected:
                raise ValueError(
                    f"{file}: {part} {found} where {files[0]} has {expected}; only networks "
                    "trained on the same scale and patients can be compared"
                )


def row_names(
    files: Sequence[Path], networks: Sequence[TrainedNetwork], recipes: Sequence[Recipe]
) -> list[str]:
    """The network's name of each file; with the file's where one network has several recipes.

    Raises
    ------
    ValueError
        If two files are of the same training.
    """
    kinds = [json.dumps(recipe.model_dump(exclude={"seed"})) for recipe in recipes]
    owners: dict[tuple[str, int | None], Path] = {}
    for kind, network, file in zip(kinds, networks, files, strict=True):
        other = owners.setdefault((kind, seed_of(network)), file)
        if other is not file:
            raise ValueError(
                f"{file} and {other} are of the same training, seed {seed_of(network)}; give "
                "each once"
            )
    first = dict(zip(reversed(kinds), reversed(files), strict=True))
    of_network: dict[str, set[str]] = {}
    for kind, network in zip(kinds, networks, strict=True):
        of_network.setdefault(network.network, set()).add(kind)
    return [
        network.network
        if len(of_network[network.network]) == 1
        else f"{network.network} ({first[kind].parent.name}/{first[kind].stem})"
        for kind, network in zip(kinds, networks, strict=True)
    ]
