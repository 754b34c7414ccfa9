"""Laws of the page."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from gadmap.data import Exam, ParameterMaps, Reason
from gadmap.evaluation.cautions import Findings, findings
from gadmap.quantities import KTRANS, QUANTITIES
from gadmap.report import Additions, Scales, write_report
from gadmap.report.words import symbol_markup

RECORD = {
    "created": "2026-01-01 00:00 UTC",
    "options": {"vfa": ["fa05.nii.gz"], "motion": True, "hct": None},
    "seconds": {"reading": "1.00 s"},
    "versions": {"gadmap": "0.1.0"},
}
NOTHING = Findings(cautions=(), course=None)
VOID = {"meta", "img", "br", "link", "hr", "input", "path", "use", "stop"}


class Outline(HTMLParser):
    """Headings, images and whether every element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.levels: list[int] = []
        self.pictures: list[dict[str, str | None]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        if re.fullmatch(r"h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag in ("img", "svg"):
            self.pictures.append(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def outline(page: str) -> Outline:
    parser = Outline()
    parser.feed(page)
    parser.close()
    return parser


@pytest.fixture(scope="module")
def page(exam: Exam, maps: ParameterMaps, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("report") / "report.html"
    assert write_report(path, exam, maps, RECORD, findings(exam, maps)) == path
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def beside(maps: ParameterMaps) -> ParameterMaps:
    """The same with ktrans a tenth larger, by a network that gives no errors."""
    values = dict(maps.values) | {"ktrans": (maps["ktrans"] * 1.1).astype(np.float32)}
    settings = {"uses_concentration": False}
    return replace(maps, values=values, standard_error={}, estimator="fcsa-net", settings=settings)


def test_the_page_asks_nothing_of_the_network(page: str):
    words = re.sub(r"base64,[A-Za-z0-9+/=]*", "", page)
    assert not re.search(r"https?:|//[a-z]|@import|<script|<link", words)
    assert all(re.match("#|data:", where) for where in re.findall(r'(?:src|href)="([^"]*)', words))


def test_the_page_names_the_unit_of_every_map(page: str, maps: ParameterMaps):
    for name in (*maps.values, *(f"{name}-error" for name in maps.standard_error)):
        figure = re.search(rf'<figure class="map" id="{name}">(.*?)</figure>', page, re.DOTALL)
        assert figure, name
        unit = QUANTITIES[name.removesuffix("-error")].unit or "fraction"
        assert f'<span class="unit">{unit}</span>' in figure[1]
        assert "Colour bar from 0 to" in figure[1]


def test_every_picture_is_told_in_words_and_headings_skip_no_level(page: str):
    parsed = outline(page)
    assert not parsed.open
    assert len(parsed.pictures) > 20
    for picture in parsed.pictures:
        words = picture.get("alt") or picture.get("aria-label") or ""
        assert len(words) > 15
    assert parsed.levels[0] == 1
    assert max(np.diff(parsed.levels)) == 1


def test_identifiers_that_drawings_refer_to_are_unique(page: str):
    """Two drawings that share one would borrow each other's clipping and marks."""
    referred = set(re.findall(r"url\(#([^)]+)\)", page)) | set(re.findall(r'href="#([^"]+)', page))
    own = re.findall(r'\sid="([^"]+)"', page)
    assert {name: own.count(name) for name in referred} == dict.fromkeys(referred, 1)


def test_what_was_assumed_is_said(page: str, exam: Exam):
    for sentence in (*exam.assumptions, *exam.aif.rationale, exam.t10_source, exam.mask_source):
        assert sentence in page


def test_text_from_files_is_escaped(page: str):
    assert "disc &lt;&amp;&gt;" in page
    assert "disc <" not in page


def test_every_reason_that_occurs_has_its_share(page: str, maps: ParameterMaps):
    inside = maps.reason[maps.reason != Reason.OUTSIDE_MASK]
    for code in np.unique(inside):
        reason, count = Reason(int(code)), int((inside == code).sum())
        row = re.search(rf"{re.escape(reason.sentence)}</td>(.*?)</tr>", page, re.DOTALL)
        assert row, reason
        assert f"{count:,}" in row[1]
        assert f"{100 * count / inside.size:.1f} %" in row[1]


def test_the_page_is_small(page: str):
    assert len(page) < 2_000_000


def test_an_examination_without_enhancement_still_has_its_page(
    exam: Exam, maps: ParameterMaps, tmp_path
):
    reason = np.where(maps.valid, np.uint8(Reason.NO_ENHANCEMENT), maps.reason)
    still = replace(exam, motion=None, aif=replace(exam.aif, voxels=np.empty((0, 3), dtype=int)))
    path = write_report(tmp_path / "r.html", still, replace(maps, reason=reason), {}, NOTHING)
    page = path.read_text(encoding="utf-8")
    assert "No voxel enhances above noise" in page
    assert "no curve to show" in page
    assert not outline(page).open


def test_an_examination_without_any_estimate_still_has_its_page(
    exam: Exam, maps: ParameterMaps, tmp_path
):
    lost = np.full_like(maps.reason, Reason.NO_SIGNAL)
    empty = replace(
        maps,
        reason=lost,
        valid=np.zeros_like(maps.valid),
        values={name: np.full_like(values, np.nan) for name, values in maps.values.items()},
        standard_error={},
    )
    page = write_report(tmp_path / "r.html", exam, empty, RECORD, NOTHING).read_text(
        encoding="utf-8"
    )
    assert "no signal before contrast" in page


def test_the_same_result_gives_the_same_page(exam: Exam, maps: ParameterMaps, page: str, tmp_path):
    file = write_report(tmp_path / "r.html", exam, maps, RECORD, findings(exam, maps))
    assert file.read_text(encoding="utf-8") == page


def test_scales_are_the_same_in_every_report_and_another_can_be_asked_for(
    exam: Exam, maps: ParameterMaps, page: str, tmp_path
):
    assert "Scale from 0 to 0.5 1/min, the same in every report" in page
    asked = Additions(scales=Scales(asked={"ktrans": 0.25}))
    file = write_report(tmp_path / "r.html", exam, maps, RECORD, NOTHING, asked)
    other = file.read_text(encoding="utf-8")
    assert "Scale from 0 to 0.25 1/min, as asked for" in other
    assert "Scale from 0 to 0.6 fraction, the same in every report" in other


def test_another_estimate_stands_beside_with_its_agreement(
    exam: Exam, maps: ParameterMaps, beside: ParameterMaps, tmp_path
):
    more = Additions(beside=beside)
    file = write_report(tmp_path / "r.html", exam, maps, RECORD, NOTHING, more)
    text = file.read_text(encoding="utf-8")
    parsed = outline(text)
    assert not parsed.open
    assert max(np.diff(parsed.levels)) == 1
    assert "least-squares beside fcsa-net" in text
    assert "only least-squares has any" in text
    for anchor in ("first", "second", "difference"):
        assert f'id="ktrans-{anchor}"' in text
    assert "Bland-Altman plot of ktrans" in text
    # a printed page may begin with it
    assert f"{symbol_markup(KTRANS)}, Bland and Altman: difference" in text


def test_cautions_stand_before_anything_else(exam: Exam, maps: ParameterMaps, tmp_path):
    found = Findings(cautions=("The peak is <low>.",), course=None)
    file = write_report(tmp_path / "r.html", exam, maps, RECORD, found)
    text = file.read_text(encoding="utf-8")
    assert "The peak is &lt;low&gt;." in text
    assert text.index("Read with care") < text.index("What was measured")


def test_residuals_are_told_over_time(page: str):
    assert "Residuals over time" in page
    assert "where noise alone gives" in page


def test_a_scale_of_nothing_known_is_refused():
    with pytest.raises(ValueError, match="no such quantity"):
        Scales(asked={"kapa": 1.0})
    with pytest.raises(ValueError, match="expected an end above 0"):
        Scales(asked={"ktrans": 0.0})
