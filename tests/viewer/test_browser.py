"""The page in a real browser, served and as a file."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import TimeoutError as NoSuchSight

from chromium import CHROMIUM, FLAGS
from disc import AFFINE, FRAMES, GRID, TUMOUR, disc_exam, disc_maps
from gadmap.io.nifti_write import save_nifti
from gadmap.viewer import read_shown, write_page
from gadmap.viewer.serve import listening, server_on

READY = "body[data-ready][data-voxel]"
PLACE = """async ([voxel, pane]) => {
    const { panes } = await opened;
    const { viewer } = panes[pane];
    const [x, y] = viewer.frac2canvasPos(viewer.vox2frac(panes[pane].ras(voxel)));
    const box = viewer.canvas.getBoundingClientRect();
    const scale = viewer.canvas.width / box.width;
    return [box.left + x / scale, box.top + y / scale];
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:  # a browser that no Python environment brings; .ci/run installs it
        pytest.skip("no chromium; install it with: apt-get install chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def address(fit: Path, other: Path) -> Iterator[str]:
    listener = listening(0)
    server, address = server_on(listener, read_shown([fit, other]))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield address
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def served(browser: Browser, address: str) -> Iterator[SimpleNamespace]:
    """The served page, and what it complained of."""
    page, errors = _watched(browser)
    page.goto(address)
    page.wait_for_selector(READY)
    yield SimpleNamespace(page=page, errors=errors)
    page.close()


def _watched(browser: Browser) -> tuple[Page, list[str]]:
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    return page, errors


def _click(page: Page, voxel: tuple[int, int, int], pane: int = 0) -> None:
    """Click where a voxel of the slice in view lies on the screen."""
    page.mouse.click(*page.evaluate(PLACE, [voxel, pane]))
    page.wait_for_selector(f'body[data-voxel="{",".join(map(str, voxel))}"]')


def _slice(page: Page, z: int) -> None:
    page.fill("#slice", str(z))
    page.wait_for_selector(f'body[data-voxel$=",{z}"]')


def _cell(page: Page, quantity: str, estimate: int = 0) -> str:
    return page.inner_text(f'[data-quantity="{quantity}"][data-estimate="{estimate}"]')


def test_a_click_into_the_tumour_tells_its_ktrans_and_draws_its_curves(served):
    page = served.page
    _slice(page, TUMOUR[2])
    _click(page, TUMOUR)
    ktrans = disc_maps()["ktrans"][TUMOUR]
    value, error = _cell(page, "ktrans").split(" ± ")
    assert float(value) == pytest.approx(ktrans, rel=5e-3)
    assert float(error) == pytest.approx(0.1 * ktrans, rel=5e-2)
    assert page.locator("#voxel-plot circle.sample").count() == FRAMES
    assert page.locator("#voxel-plot > svg > path.fitted").count() == 2
    assert page.locator("#voxel-plot path.artery").count() == 1
    assert "estimated" in page.inner_text("#parameters")
    assert served.errors == []


def test_a_tap_on_a_tablet_picks_a_voxel(browser: Browser, address: str):
    for width, height in ((1024, 768), (768, 1024)):
        tablet = browser.new_context(viewport={"width": width, "height": height}, has_touch=True)
        page = tablet.new_page()
        page.goto(f"{address}#v={TUMOUR[0]}-{TUMOUR[1] - 4}-{TUMOUR[2]}")
        page.wait_for_selector(READY)
        _tap_until_picked(page)
        value = float(_cell(page, "ktrans").split(" ± ")[0])
        assert value == pytest.approx(disc_maps()["ktrans"][TUMOUR], rel=5e-3)
        for across in (width, 390):  # and as a phone
            page.set_viewport_size({"width": across, "height": height})
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= across  # nothing to push aside
        tablet.close()


def _tap_until_picked(page: Page) -> None:
    """Tap the tumour; again, as a person would, where the page moved while it settled."""
    for patience in (10_000, 10_000, 60_000):
        page.touchscreen.tap(*page.evaluate(PLACE, [TUMOUR, 0]))
        try:
            page.wait_for_selector(
                f'body[data-voxel="{",".join(map(str, TUMOUR))}"]', timeout=patience
            )
        except NoSuchSight:
            continue
        return
    raise AssertionError("no tap picked the voxel")


def test_a_double_click_leaves_the_brightness_to_its_slider(served):
    page = served.page
    white = "async () => (await opened).panes[0].viewer.volumes[0].cal_max"
    before = page.evaluate(white)
    page.fill("#brightness", "2")
    page.mouse.dblclick(*page.evaluate(PLACE, [TUMOUR, 0]))
    assert page.evaluate(white) == pytest.approx(before / 2)
    page.fill("#brightness", "1")


@pytest.mark.parametrize("kind", ["viewer", "image"])
def test_niivue_has_the_inner_names_that_the_panes_use(served, kind: str):
    """NiiVue may rename these without a word; a new version goes with a look at panes.js."""
    page = served.page
    thing = "viewer" if kind == "viewer" else "viewer.volumes[1]"
    missing = f"""async () => {{
        const {{ panes: [{{ viewer }}] }} = await opened;
        return INNER.{kind}.filter((name) => {thing}[name] === undefined);
    }}"""
    assert page.evaluate(missing) == []
    refused = (
        f"() => {{ try {{ requireNames('{kind}', {{}}); }} catch (e) {{ return e.message; }} }}"
    )
    assert "panes.js was written for another version" in page.evaluate(refused)


def test_the_arrow_keys_move_by_a_voxel_and_stop_at_the_edge(served):
    page = served.page
    _slice(page, TUMOUR[2])
    _click(page, TUMOUR)
    x, y, z = TUMOUR
    page.focus("#pane-a")
    for key, voxel in (
        ("ArrowRight", (x - 1, y, z)),  # radiological: to the patient's left
        ("ArrowUp", (x - 1, y + 1, z)),
        ("PageUp", (x - 1, y + 1, z + 1)),
    ):
        page.keyboard.press(key)
        page.wait_for_selector(f'body[data-voxel="{",".join(map(str, voxel))}"]')


def test_a_link_restores_the_view(served, browser: Browser, address: str):
    page, errors = _watched(browser)
    view = "#v=12-10-1&f=5&m=ve&e=1&b=0&o=0.5&l=0.1&h=0.4&t=0.2&p=planes&z=2&i=1.5"
    page.goto(address + view)
    page.wait_for_selector('body[data-ready][data-voxel="12,10,1"]')
    shown = {name: page.input_value(f"#{name}") for name in ("map", "estimate", "beside", "frame")}
    assert shown == {"map": "ve", "estimate": "1", "beside": "0", "frame": "5"}
    assert page.inner_text("#caption-a") == "lower"
    assert page.inner_text("#caption-b") == "least-squares"
    page.focus("#pane-a")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("() => location.hash.includes('v=13-10-1')")
    assert page.evaluate("location.hash") == view.replace("12-10-1", "13-10-1")
    assert errors == []
    page.close()


def test_a_drawn_region_is_measured_and_cleared(served):
    page = served.page
    _slice(page, 1)
    page.click("#region-tab")
    page.click("#draw")
    corners = [(7, 13, 1), (11, 13, 1), (11, 9, 1), (7, 9, 1), (7, 13, 1)]
    places = [page.evaluate(PLACE, [corner, 0]) for corner in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()
    page.wait_for_selector("#region-plot svg")
    assert page.inner_text("#region-text").startswith("25 voxels")
    assert float(page.inner_text('[data-fit="ktrans"]').split()[0]) == pytest.approx(0.11, rel=0.05)
    with page.expect_download() as download:
        page.click("#csv")
    rows = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert rows[0] == "what,by,quantity,statistic,time_s,value,unit"
    assert "region,,voxels,,,25," in rows
    assert sum(row.startswith("curve,measured,,mean") for row in rows) == FRAMES
    page.click("#clear")
    assert page.locator("#region-plot svg").count() == 0
    page.click("#voxel-tab")
    assert served.errors == []


def test_a_mask_is_loaded_and_one_of_another_grid_is_refused(served, tmp_path):
    page = served.page
    mask = np.zeros(GRID, dtype=np.uint8)
    mask[TUMOUR] = 1
    save_nifti(tmp_path / "mask.nii.gz", mask, AFFINE, "region")
    save_nifti(tmp_path / "small.nii.gz", mask[:9], AFFINE, "region")
    save_nifti(tmp_path / "moved.nii.gz", mask, AFFINE + np.eye(4, k=3), "region")
    page.click("#region-tab")
    page.set_input_files("#load", tmp_path / "mask.nii.gz")
    page.wait_for_selector("#region-plot svg")
    assert page.inner_text("#region-text").startswith("1 voxel,")
    ktrans = float(page.inner_text('[data-fit="ktrans"]').split()[0])
    assert ktrans == pytest.approx(disc_maps()["ktrans"][TUMOUR], rel=2e-2)
    for name, line in (("small", "expected 18 × 22 × 3"), ("moved", "lies elsewhere")):
        page.set_input_files("#load", tmp_path / f"{name}.nii.gz")
        page.wait_for_selector(f'#message:has-text("{line}")')
    page.click("#clear")
    page.click("#voxel-tab")
    assert served.errors == []


def test_the_exported_file_opens_by_itself_and_tells_the_same(browser: Browser, fit, tmp_path):
    file = tmp_path / "page.html"
    write_page(file, [fit], maps=["ktrans"], region=None, curves=20)
    page, errors = _watched(browser)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{file.as_uri()}#v=13-11-0")
    page.wait_for_selector(READY)
    value = _cell(page, "ktrans").split(" ± ")[0]
    assert float(value) == pytest.approx(disc_maps()["ktrans"][TUMOUR], rel=5e-3)
    assert "This page holds the curves of the 20 voxels" in page.inner_text("#voxel-note")
    page.click("#voxel-note button")
    page.wait_for_selector("#voxel-plot circle.sample")
    shown = "async (n) => { const v = await opened; return Array.from(await v.frame(n)); }"
    for frame in (0, FRAMES - 1):
        signal = disc_exam().series.signal[..., frame]
        seen = np.reshape(page.evaluate(shown, frame), GRID, order="F")
        assert np.corrcoef(seen.flat, signal.flat)[0, 1] > 0.95
        assert seen.mean() == pytest.approx(signal.mean(), rel=0.05)
    page.fill("#frame", "0")
    page.wait_for_function("async () => { const v = await opened; return v.view.frame === 0; }")
    assert page.inner_text("#frame-text").startswith(f"1 of {FRAMES}")
    assert not page.is_visible("#region-tab")
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert errors == []
    page.close()


def test_an_exported_region_is_outlined_and_the_series_can_be_left_out(
    browser: Browser, fit: Path, tmp_path: Path
):
    mask = np.zeros(GRID, dtype=np.uint8)
    mask[10:15, 9:14, 0] = 1
    save_nifti(tmp_path / "region.nii.gz", mask, AFFINE, "region")
    file, region = tmp_path / "page.html", tmp_path / "region.nii.gz"
    write_page(file, [fit], maps=["ktrans"], region=region, curves=20, frames=False)
    page, errors = _watched(browser)
    page.goto(file.as_uri())
    page.wait_for_selector(READY)
    edge = page.evaluate("async () => (await opened).regions.edge")
    mask[11:14, 10:13, 0] = 0
    assert sorted(edge) == np.flatnonzero(mask.reshape(-1, order="F")).tolist()
    page.click("#region-tab")
    assert page.inner_text("#region-text").startswith("25 voxels")
    assert not page.is_visible("#frame")
    assert errors == []
    page.close()


def test_maps_without_their_examination_can_be_looked_at(browser: Browser, bare: Path):
    listener = listening(0)
    server, address = server_on(listener, read_shown([bare]))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        page, errors = _watched(browser)
        page.goto(address)
        page.wait_for_selector(READY)
        assert "does not hold the examination" in page.inner_text("#voxel-note")
        assert not page.is_visible("#frame")
        assert errors == []
        page.close()
    finally:
        server.should_exit = True
        thread.join()
