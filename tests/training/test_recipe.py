"""Laws of the recipe."""

from pathlib import Path

import pytest

from gadmap.training import GUIDED_RECIPE, Recipe, changed, read_recipe


def test_the_default_is_the_papers_protocol():
    recipe = Recipe()
    assert (recipe.network, recipe.quantity, recipe.mode) == (
        "fcsa-net",
        "ktrans",
        "supervised-fit",
    )
    assert (recipe.steps, recipe.batch, recipe.learning_rate) == (20_000, 64, 5e-4)
    assert (recipe.slices, recipe.regions, recipe.region_size) == (10, 4, 32)
    assert (recipe.rotations, recipe.cohort.count) == (25, 19)


def test_a_file_changes_what_it_says_and_nothing_else(tmp_path: Path):
    file = tmp_path / "recipe.toml"
    file.write_text('quantity = "all"\nsplit = [3, 1, 1]\n[cohort]\npriors = "wide"\n')
    recipe = read_recipe(file)
    assert recipe.quantities == ("ktrans", "ve", "kep")
    assert recipe == changed(
        Recipe(), quantity="all", split=(3, 1, 1), cohort={"priors": "wide"}, steps=None
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("learning_rat = 1e-3", "'learning_rat'; is 'learning_rate' meant"),
        ("[cohort]\nprior = 'wide'", "'cohort.prior'; is 'priors' meant"),
        ("xyzzy = 1", "'xyzzy'; there are network, quantity"),
        ("steps = 0", "steps is 0; input should be greater than 0"),
        ("quantity = 'vp'", "quantity is 'vp'; input should be 'ktrans', 've', 'kep' or 'all'"),
        ("batch = 63\ndevices = 2", "batch is 63 and voxels 4096; expected multiples of the 2"),
        ("split = [1, 0, 1]", r"split is \(1, 0, 1\); expected three numbers of at least 1"),
        ("steps =", "not a TOML file"),
    ],
)
def test_what_is_not_known_is_refused_in_one_line(text: str, said: str, tmp_path: Path):
    file = tmp_path / "recipe.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=said) as fault:
        read_recipe(file)
    assert "\n" not in str(fault.value)
    assert str(fault.value).startswith("recipe.toml: ")


def test_a_file_for_the_guided_network_changes_its_own_usual_recipe(tmp_path: Path):
    file = tmp_path / "recipe.toml"
    file.write_text("steps = 7\n")
    assert read_recipe(file, "fcsa-net-guided") == changed(GUIDED_RECIPE, steps=7)
    file.write_text('network = "fcsa-net-guided"\nsteps = 7\n')
    assert read_recipe(file) == changed(GUIDED_RECIPE, steps=7)
