"""Laws about what the documentation says of the code."""

import re
from importlib import import_module
from inspect import getdoc, isfunction, signature
from pathlib import Path

import pytest

from gadmap.data import Reason
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.quantities import QUANTITIES

DOCS = Path(__file__).parents[1] / "docs"
TOLD_IN_FULL = (
    "gadmap",
    "gadmap.physics.spgr",
    "gadmap.physics.relaxivity",
    "gadmap.physics.convolution",
    "gadmap.physics.aifs",
    "gadmap.physics.noise",
    "gadmap.physics.forward",
    "gadmap.physics.voxels",
    "gadmap.networks.frame_grid",
    "gadmap.fitting",
    "gadmap.preparation",
    "gadmap.phantoms",
)


def public_functions():
    for name in TOLD_IN_FULL:
        module = import_module(name)
        own = [n for n, v in vars(module).items() if getattr(v, "__module__", "") == name]
        for one in getattr(module, "__all__", own):
            if isfunction(getattr(module, one)) and not one.startswith("_"):
                yield pytest.param(getattr(module, one), id=f"{name}.{one}")


@pytest.mark.parametrize("function", list(public_functions()))
def test_a_public_function_tells_every_parameter_and_units_of_numbers(function):
    told, form = getdoc(function) or "", signature(function)
    assert [name for name in form.parameters if not re.search(rf"\b{name}\b", told)] == []
    if re.search(r"Float\[|\bfloat\b", str(form)):
        assert re.search(r"\[[^\]]+\]", told)


def rows(page, heading):
    """Cells of the first table below a heading."""
    text = (DOCS / page).read_text(encoding="utf-8").split(f"## {heading}\n")[1]
    lines = [line for line in text.split("\n## ")[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_glossary_has_every_quantity_with_its_symbol_unit_code_and_words():
    assert [[name, symbol, unit, code, words] for name, symbol, unit, code, _, words in rows(
        "glossary.md", "Quantities"
    )] == [
        [f"`{q.name}`", q.symbol, q.unit, q.code, q.description] for q in QUANTITIES.values()
    ]  # fmt: skip


def test_the_glossary_has_every_reason_with_its_code():
    assert rows("glossary.md", "Reasons") == [[str(int(one)), one.sentence] for one in Reason]


def test_the_glossary_has_every_model_with_its_code_and_parameters():
    assert rows("glossary.md", "Models") == [
        [f"`{one.name}`", one.code, ", ".join(quantity.name for quantity in one.parameters)]
        for one in KINETIC_MODELS.values()
    ]


def test_the_page_of_the_physics_gives_the_source_of_every_model():
    told = {row[0]: row for row in rows("physics.md", "Tissue")}
    for model in KINETIC_MODELS.values():
        source, code = told[f"`{model.name}`"][3:]
        assert re.search(r"\b(19|20)\d\d\b", source)
        assert code in (model.code, "none of its own")
