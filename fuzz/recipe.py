"""Recipes of a training."""

from pathlib import Path

from fuzz.target import Target
from gadmap.training.recipe import changed, read_recipe


def seeds() -> list[bytes]:
    """The paper's, a guided one, and one with phantoms."""
    return [
        b'network = "fcsa-net"\nsteps = 20\nsplit = [3, 1, 1]\nlearning_rate = 5e-4\n',
        b'network = "fcsa-net-guided"\nmode = "hybrid"\nbatch = 8\ntexture = 0.2\nclip = 1.0\n',
        b'quantity = "all"\nchoose = "last"\n[cohort]\ncount = 5\npriors = "wide"\nmatrix = 64\n',
    ]


def read(data: bytes, folder: Path) -> None:
    """Read the recipe and change it, as the command line does."""
    (folder / "recipe.toml").write_bytes(data)
    changed(read_recipe(folder / "recipe.toml"), steps=5, cohort={"seed": 1})
    read_recipe(folder / "recipe.toml", network="fcsa-net-guided")


TARGET = Target(
    name="recipe",
    seeds=seeds,
    read=read,
    words=(
        b"nan", b"inf", b"[[cohort]]", b"[cohort]", b"{", b"[[[[", b"= -1", b"9" * 40,
        b'"../../x"', b"cohort.matrix = ", b"batch = ", b"devices = ", b"mode = ", b"steps = {",
    ),
)  # fmt: skip
