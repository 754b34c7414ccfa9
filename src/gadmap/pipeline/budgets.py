"""How much a reproduction may cost: plain recipes, from a rehearsal to the paper's own protocol."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gadmap.evaluation.published import PUBLISHED
from gadmap.training import Recipe, changed
from gadmap.training.recipe import recipe_of

ROWS = (*PUBLISHED, "fcsa-body")
"""Networks of the tables: the paper's, and FCSA-net without its blocks."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """A reproduction's size.

    Attributes
    ----------
    seeds
        Trainings of each network.
    whole_slices
        Slices of each test patient that are compared whole, beside the regions.
    networks
        Rows of the tables.
    recipe
        Changes to the paper's recipe, whatever the data.
    phantom
        Further changes where the data are phantoms.
    """

    seeds: int
    whole_slices: int
    networks: tuple[str, ...] = ROWS
    recipe: Mapping[str, Any] = field(default_factory=dict)
    phantom: Mapping[str, Any] = field(default_factory=dict)

    def recipe_for(self, *, phantom: bool, seed: int) -> Recipe:
        """The recipe that all trainings share but for network and seed."""
        shared = recipe_of(self.recipe, "budget")
        if not phantom:
            return shared
        made = changed(shared, **self.phantom)
        return changed(made, cohort=made.cohort.model_dump() | {"seed": seed})


_MORE_TEST_PATIENTS = {"cohort": {"count": 34}, "split": (12, 2, 20)}
"""The paper trains on 14 patients and tests on 5, with which no difference between ten networks can
be told from chance. Phantoms cost nothing, so there are as many to train on, and more to test on.
"""

BUDGETS = {
    "quick": Budget(
        seeds=1,
        whole_slices=1,
        recipe={
            "steps": 60,
            "batch": 8,
            "voxels": 512,
            "slices": 4,
            "validate_every": 20,
            "checkpoint_every": 30,
        },
        phantom={"cohort": {"count": 6, "matrix": 96}, "split": (2, 1, 3)},
    ),
    "standard": Budget(
        seeds=3,
        whole_slices=2,
        recipe={"steps": 2_000, "precision": "bf16-mixed", "voxels": 1_024},
        phantom=_MORE_TEST_PATIENTS,
    ),
    "paper": Budget(seeds=10, whole_slices=2, phantom=_MORE_TEST_PATIENTS),
}
"""quick: minutes, a rehearsal. standard: a few hours of two cores, for which products are rounded
to bfloat16 (half the time, the same loss) and the LSTMs see 1,024 voxels a step, as many as a
region has. paper: the paper's 20,000 steps and 10 trainings, days of two cores.
"""
