"""Every choice of a training, as a person writes it in a TOML file."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gadmap.untrusted import shown, toml_file

MAPPED = ("ktrans", "ve", "kep")
"""What a network can be trained to map."""


Mode = Literal["supervised-fit", "supervised-truth", "physics", "adapt", "hybrid"]

MODES: dict[str, str] = {
    "supervised-fit": "maps of the least-squares fit, as in the paper",
    "supervised-truth": "true maps, which phantoms and scenes have",
    "physics": "real examinations without labels: curves of the predicted parameters must meet "
    "the measured ones",
    "adapt": "true maps, while features of real examinations are drawn to those of phantoms",
    "hybrid": "true maps, and real examinations by their physics",
}
"""What a training can learn from."""


class _Strict(BaseModel):
    """Refuses unknown keys; cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CohortRecipe(_Strict):
    """The phantoms of `--data phantom`.

    Attributes
    ----------
    count
        Patients.
    seed
        Of their anatomies, tumours, arterial inputs and noise.
    priors
        What is drawn: "rider", one scanner and protocol, or "wide", many.
    matrix, slices
        Voxels along x and y, and slices.
    """

    count: int = Field(default=19, ge=3, le=1_000_000)
    seed: int = Field(default=0, ge=0, lt=2**63)
    priors: Literal["rider", "wide"] = "rider"
    matrix: int = Field(default=256, ge=64, le=2048)
    slices: int = Field(default=16, ge=1, le=1024)


class Recipe(_Strict):
    """A training; the defaults are the paper's protocol.

    Attributes
    ----------
    network
        Its name.
    quantity
        What is mapped: "ktrans", "ve" or "kep", or "all" three as output channels.
    mode
        What is learned from; see `MODES`.
    real_weight
        Weight of what unlabelled examinations ask beside what labels ask ("adapt", "hybrid").
    texture
        How much the logarithms of neighbouring voxels' ktrans, ve or vp differ, typically, where
        no label tells ("physics", "hybrid"); 0 for no such belief.
    steps, batch, learning_rate, schedule
        Of the optimiser Adam; "cosine" lets the rate fall to 1 % over the steps.
    clip
        Largest norm of a step's gradient; 0 for no limit.
    seed
        Of the first weights, the regions, the rotations and the batches.
    split, split_seed
        Training, validation and test patients are in these proportions, at least one each, and
        drawn with a seed of their own, so that repeats share their test patients.
    slices
        Slices of each patient, about the one that shows most tissue.
    regions, region_size, region_tissue
        Non-overlapping square regions of a slice, their edge, and the share of each that must be
        inside the mask.
    rotations
        Random angles at which a training region is seen.
    voxels
        Voxels a step for networks that see one voxel at a time; a batch of regions is too many.
    precision
        "32" or "bf16-mixed".
    scale_quantile
        An output of 1 is this quantile of the training patients' target.
    validate_every, checkpoint_every
        Steps between two looks at the validation patients, and between two checkpoints.
    choose
        Which weights are the result: the "last" ones, or the "best" on the validation patients.
    devices
        Processes that share a batch (DDP).
    motion
        True to correct motion in preparing the patients.
    cohort
        The phantoms of `--data phantom`.
    """

    network: str = "fcsa-net"
    quantity: Literal["ktrans", "ve", "kep", "all"] = "ktrans"
    mode: Mode = "supervised-fit"
    real_weight: float = Field(default=1.0, gt=0)
    texture: float = Field(default=0.2, ge=0)
    steps: int = Field(default=20_000, gt=0)
    batch: int = Field(default=64, gt=0)
    learning_rate: float = Field(default=5e-4, gt=0, lt=1)
    schedule: Literal["constant", "cosine"] = "constant"
    clip: float = Field(default=0, ge=0)
    seed: int = Field(default=0, ge=0)
    split: tuple[int, int, int] = (12, 2, 5)
    split_seed: int = Field(default=0, ge=0)
    slices: int = Field(default=10, gt=0)
    regions: int = Field(default=4, gt=0)
    region_size: int = Field(default=32, ge=16)
    region_tissue: float = Field(default=0.75, gt=0, le=1)
    rotations: int = Field(default=25, gt=0)
    voxels: int = Field(default=4096, gt=0)
    precision: Literal["32", "bf16-mixed"] = "32"
    scale_quantile: float = Field(default=0.995, gt=0.5, le=1)
    validate_every: int = Field(default=200, gt=0)
    checkpoint_every: int = Field(default=500, gt=0)
    choose: Literal["last", "best"] = "best"
    devices: int = Field(default=1, gt=0)
    motion: bool = False
    cohort: CohortRecipe = CohortRecipe()

    @model_validator(mode="after")
    def _batch_covers_the_devices(self) -> "Recipe":
        if self.batch % self.devices or self.voxels % self.devices:
            raise ValueError(
                f"batch is {self.batch} and voxels {self.voxels}; expected multiples of the "
                f"{self.devices} devices, which share them"
            )
        if self.devices > 1 and self.unlabelled:
            raise ValueError(
                f"devices is {self.devices} with mode {self.mode!r}; expected 1, as what several "
                "processes find could not be added up"
            )
        if min(self.split) < 1:
            raise ValueError(f"split is {self.split}; expected three numbers of at least 1")
        return self

    @property
    def labels(self) -> Literal["fit", "truth"] | None:
        """The maps that labels come from; None where there are no labels."""
        if self.mode == "physics":
            return None
        return "fit" if self.mode == "supervised-fit" else "truth"

    @property
    def unlabelled(self) -> bool:
        """Whether it learns from examinations without labels."""
        return self.mode in ("physics", "adapt", "hybrid")

    @property
    def curves(self) -> bool:
        """Whether curves of the predicted parameters are compared with measured ones."""
        return self.mode in ("physics", "hybrid")

    @property
    def quantities(self) -> tuple[str, ...]:
        """Names of the output channels."""
        return MAPPED if self.quantity == "all" else (self.quantity,)


GUIDED_RECIPE = Recipe(
    network="fcsa-net-guided",
    mode="supervised-truth",
    steps=12_000,
    batch=16,
    learning_rate=1e-3,
    schedule="cosine",
    clip=1.0,
    validate_every=250,
    checkpoint_every=250,
    choose="last",
)
"""Of the guided network. It learns from scenes: what regards patients is of use to it only where
it learns from examinations without labels.
"""


def read_recipe(path: str | Path, network: str | None = None) -> Recipe:
    """The recipe in a TOML file, of a `network` where given; the rest is that network's usual one.

    Raises
    ------
    ValueError
        If the file is no TOML, or holds a key or a value that is not known.
    """
    path = Path(path)
    table = toml_file(path)
    return recipe_of(table | ({"network": network} if network else {}), path.name)


def recipe_of(table: Mapping[str, Any], source: str = "recipe") -> Recipe:
    """The recipe that a table of choices makes.

    Raises
    ------
    ValueError
        In one line, if a key or a value is not known.
    """
    try:
        usual = GUIDED_RECIPE if table.get("network") == GUIDED_RECIPE.network else None
        return Recipe.model_validate(_merged(usual.model_dump() if usual else {}, table))
    except ValidationError as error:
        raise ValueError(f"{source}: {_sentence(error)}") from error


def changed(recipe: Recipe, **changes: Any) -> Recipe:
    """The recipe with some choices changed, checked anew; a change to None is none."""
    return recipe_of(_merged(recipe.model_dump(), changes))


def _merged(table: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(table)
    for key, value in changes.items():
        if isinstance(value, Mapping):
            known = merged.get(key)
            merged[key] = _merged(known if isinstance(known, dict) else {}, value)
        elif value is not None:
            merged[key] = value
    return merged


def _sentence(error: ValidationError) -> str:
    """The first fault in one line."""
    fault = error.errors()[0]
    path = [str(part) for part in fault["loc"]]
    name = ".".join(path)
    if fault["type"] == "extra_forbidden":
        table = CohortRecipe if len(path) > 1 else Recipe
        return f"unknown key {shown(name)}; {_nearest(path[-1], list(table.model_fields))}"
    said = fault["msg"].removeprefix("Value error, ")
    if not name:
        return said
    return f"{name} is {shown(fault['input'])}; {said[:1].lower()}{said[1:]}"


def _nearest(key: str, known: list[str]) -> str:
    near = get_close_matches(key, known, n=1, cutoff=0.5)
    return f"is {near[0]!r} meant?" if near else f"there are {', '.join(known)}"
