"""What a reproduction is to do, and where each part lies, so that it can be stopped and continued.

OUT/plan.json          what was asked for
OUT/patients/          prepared patients
OUT/patients.json      digests of all that made them
OUT/trainings/NAME-SEED/   weights.safetensors when finished, checkpoint and curve before
OUT/scores/NAME-SEED.json, .safetensors   scores, and the maps of Figure 6
OUT/logs/NAME-SEED.txt
OUT/paper.html and the tables
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gadmap.io.strict_json import plain
from gadmap.pipeline.budgets import BUDGETS, Budget
from gadmap.pipeline.sources import PHANTOM
from gadmap.pipeline.whole_json import read_json
from gadmap.training import Recipe, changed
from gadmap.training.recipe import recipe_of

PLAN = "plan.json"


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One training of one network, with its evaluation."""

    network: str
    seed: int

    @property
    def name(self) -> str:
        """Of its files."""
        return f"{self.network}-{self.seed}"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A reproduction.

    Attributes
    ----------
    out
        Where it lies.
    data
        "phantom", or the folder of examinations.
    budget_name, budget
        How much it may cost.
    seed
        Of the first training, and of the phantoms.
    recipe
        Shared by all trainings but for network and seed.
    """

    out: Path
    data: str
    budget_name: str
    budget: Budget
    seed: int
    recipe: Recipe

    @property
    def seeds(self) -> tuple[int, ...]:
        """Of the trainings of each network."""
        return tuple(range(self.seed, self.seed + self.budget.seeds))

    @property
    def units(self) -> list[Unit]:
        """All trainings; those that take longest first, so that no processor idles at the end."""
        slow = [n for n in ("ab-lstm", "lstm") if n in self.budget.networks]
        names = [*slow, *(n for n in self.budget.networks if n not in slow)]
        return [Unit(network=name, seed=seed) for seed in self.seeds for name in names]

    @property
    def rows(self) -> list[Unit]:
        """All trainings in the order of the tables."""
        return [Unit(network=n, seed=seed) for n in self.budget.networks for seed in self.seeds]

    def recipe_of(self, unit: Unit) -> Recipe:
        """The recipe of one training."""
        return changed(self.recipe, network=unit.network, seed=unit.seed)

    @property
    def cache(self) -> Path:
        """Folder of the prepared patients."""
        return self.out / "patients"

    def training(self, unit: Unit) -> Path:
        """Folder of a training."""
        return self.out / "trainings" / unit.name

    def weights(self, unit: Unit) -> Path:
        """File that a finished training leaves."""
        return self.training(unit) / "weights.safetensors"

    def scores(self, unit: Unit) -> Path:
        """File that a finished evaluation leaves."""
        return self.out / "scores" / f"{unit.name}.json"

    def maps(self, unit: Unit) -> Path:
        """File of the maps of Figure 6."""
        return self.out / "scores" / f"{unit.name}.safetensors"

    def log(self, unit: Unit) -> Path:
        """What the process said."""
        return self.out / "logs" / f"{unit.name}.txt"

    def record(self) -> dict[str, Any]:
        """What was asked for, in terms of JSON; no name of a folder."""
        return plain(
            {
                "data": PHANTOM if self.data == PHANTOM else "a folder of examinations",
                "budget": self.budget_name,
                "seed": self.seed,
                "seeds": list(self.seeds),
                "networks": list(self.budget.networks),
                "whole_slices": self.budget.whole_slices,
                "recipe": self.recipe.model_dump(),
            }
        )


def plan_of(out: Path, data: str, budget: str | Budget, seed: int) -> Plan:
    """The plan for a budget's name, or for one of one's own.

    Raises
    ------
    ValueError
        If there is no budget of that name.
    """
    if isinstance(budget, str) and budget not in BUDGETS:
        raise ValueError(f"budget is {budget!r}; there are {', '.join(BUDGETS)}")
    chosen = BUDGETS[budget] if isinstance(budget, str) else budget
    return Plan(
        out=out,
        data=data,
        budget_name=budget if isinstance(budget, str) else "own",
        budget=chosen,
        seed=seed,
        recipe=chosen.recipe_for(phantom=data == PHANTOM, seed=seed),
    )


def plan_from(out: Path, data: str) -> Plan:
    """The plan that was written down in a folder."""
    record = read_json(out / PLAN)
    budget = Budget(
        seeds=len(record["seeds"]),
        whole_slices=record["whole_slices"],
        networks=tuple(record["networks"]),
    )
    return Plan(
        out=out,
        data=data,
        budget_name=record["budget"],
        budget=budget,
        seed=record["seed"],
        recipe=recipe_of(record["recipe"], str(out / PLAN)),
    )
