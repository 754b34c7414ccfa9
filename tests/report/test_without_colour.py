"""The page can be read without seeing colours, and from the keyboard alone."""

import re

import numpy as np
import pytest
from matplotlib import colormaps
from skimage.color import rgb2lab

from gadmap.data import Exam, ParameterMaps, Reason
from gadmap.evaluation.cautions import findings
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.report.choice_section import MODEL_COLOURS
from gadmap.report.comparison_section import DIFFERENCES
from gadmap.report.mosaic import DIM
from gadmap.report.numbers_section import REASON_COLOURS
from gadmap.report.page import render
from gadmap.report.residual_section import STRUCTURE
from gadmap.report.scales import ERRORS, VALUES

# Machado, Oliveira and Fernandes, IEEE Trans Vis Comput Graph 2009;15:1291-1298, severity 1
SIGHT = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


@pytest.fixture(scope="module")
def page(exam: Exam, maps: ParameterMaps) -> str:
    return render(exam, maps, {}, findings(exam, maps))


def _seen(colours: np.ndarray, sight: str) -> np.ndarray:
    """Lightness, green to red, blue to yellow (CIELAB) of colours 0 to 255, as they are seen."""
    share = colours / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ SIGHT[sight].T, 0, 1)
    back = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return rgb2lab(back[None])[0]


@pytest.mark.parametrize("name", [VALUES, ERRORS, DIFFERENCES, STRUCTURE.colormap])
def test_a_higher_value_is_brighter_on_every_scale(name: str):
    lightness = _seen(255 * colormaps[name](np.arange(256))[:, :3], "normal")[:, 0]
    assert (np.diff(lightness) > 0).all()


CLASSES = pytest.mark.parametrize(
    "colours", [REASON_COLOURS, MODEL_COLOURS], ids=["reasons", "models"]
)


@CLASSES
@pytest.mark.parametrize("sight", SIGHT)
def test_no_two_classes_look_the_same(sight: str, colours: dict):
    seen = _seen(np.array(list(colours.values())), sight)
    apart = np.linalg.norm(seen[:, None] - seen[None], axis=2)
    assert apart[~np.eye(len(seen), dtype=bool)].min() > 14


@CLASSES
def test_classes_are_told_apart_by_lightness_and_from_the_anatomy(colours: dict):
    tones = np.array([(DIM,) * 3, *colours.values()])
    assert np.diff(_seen(tones, "normal")[:, 0]).min() > 5


def test_every_model_has_a_colour():
    assert set(MODEL_COLOURS) == set(KINETIC_MODELS)


def test_every_reason_but_the_plain_ones_has_a_colour_and_a_word_in_the_legend(
    maps: ParameterMaps, page: str
):
    assert set(REASON_COLOURS) == set(Reason) - {Reason.ESTIMATED, Reason.OUTSIDE_MASK}
    legend = page[page.index("from dark to bright") :]
    legend = legend[: legend.index("</figcaption>")]
    codes = [int(code) for code in re.findall(r"</span>(\d+) ", legend)]
    order = list(REASON_COLOURS)
    assert codes == sorted(set(maps.reason.flat) & set(order), key=order.index)


def test_the_keyboard_reaches_the_report_first_and_every_section(page: str):
    links = re.findall(r'<a [^>]*href="#([\w-]+)"', page)
    targets = set(re.findall(r' id="([\w-]+)"', page))
    assert links[0] == "report"
    assert set(links) <= targets
    assert not re.findall(r"<(?:div|span)[^>]*onclick", page)


def test_what_scrolls_can_be_scrolled_by_keyboard(page: str):
    for opening in re.findall(r'<div class="scroll"[^>]*>', page):
        assert 'tabindex="0"' in opening
        assert "aria-label=" in opening
