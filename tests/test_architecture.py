"""Laws about the repository itself that no linter states."""

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest

from gadmap.cli.options import NETWORKS as OFFERED_NETWORKS
from gadmap.cli.options import Model
from gadmap.networks import NETWORKS
from gadmap.physics.kinetics import KINETIC_MODELS

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def test_the_command_line_offers_exactly_the_kinetic_models_there_are():
    assert {model.value for model in Model} == set(KINETIC_MODELS)


def test_the_command_line_knows_exactly_the_networks_there_are():
    assert list(OFFERED_NETWORKS) == list(NETWORKS)


def test_the_constraints_pin_every_declared_dependency_and_no_gpu_or_vision_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in pins)
    pinned = {_normal(pin.partition("==")[0]) for pin in pins}
    assert {_normal(re.split(r"[\[<>=~! ;]", name)[0]) for name in declared} <= pinned
    assert not [name for name in pinned if name.startswith("nvidia") or name == "torchvision"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_of_the_documentation_leads_to_a_file(page):
    targets = re.findall(r"\]\((?!\w+:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def _normal(name: str) -> str:
    """A package's name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()
