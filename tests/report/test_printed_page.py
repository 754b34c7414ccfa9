"""What a browser would print."""

import pytest
from playwright.sync_api import sync_playwright

from chromium import CHROMIUM, FLAGS
from gadmap.data import Exam, ParameterMaps
from gadmap.evaluation.cautions import findings
from gadmap.report.page import render

BETWEEN_MARGINS = 733  # px: A4 less what @page leaves on both sides
REACH = """() => {
    const boxes = [...document.querySelectorAll("main *")].map((e) => e.getBoundingClientRect());
    const drawn = boxes.filter((box) => box.width > 0 && box.height > 0);
    return [Math.min(...drawn.map((box) => box.left)), Math.max(...drawn.map((box) => box.right))];
}"""


def test_nothing_lies_beyond_the_margins_where_browsers_cut(exam: Exam, maps: ParameterMaps):
    """The label at a colour bar's end among it: -0.1 would be read as 0.1."""
    if CHROMIUM is None:  # a browser that no Python environment brings; .ci/run installs it
        pytest.skip("no chromium; install it with: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        sheet = browser.new_page(viewport={"width": BETWEEN_MARGINS, "height": 1000})
        sheet.emulate_media(media="print")
        sheet.set_content(render(exam, maps, {}, findings(exam, maps)))
        labels = sheet.locator(".ticks span").all_inner_texts()
        left, right = sheet.evaluate(REACH)
        browser.close()
    assert "0.5" in labels
    assert 0 <= left < right <= BETWEEN_MARGINS
