"""How long the viewer takes to open an examination and to answer a click, in headless Chromium.

    python benchmarks/viewer.py RESULTS [OTHER ...]

Rendering is in software, as where there is no graphics card. Beside the wall-clock times stands the
processor time of browser and server, which a busy machine does not lengthen.
"""

import argparse
import os
import statistics
from pathlib import Path
from threading import Thread
from time import perf_counter

from playwright.sync_api import Browser, Page, sync_playwright

from chromium import CHROMIUM, FLAGS
from gadmap.viewer import read_shown
from gadmap.viewer.serve import listening, server_on

CLICKS = 9


def main() -> None:
    """Serve the folders that the command line names, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", nargs="+", type=Path)
    folders = parser.parse_args().results
    if CHROMIUM is None:
        raise SystemExit("no chromium; install it with: apt-get install chromium")
    start = perf_counter()
    listener = listening(0)
    server, address = server_on(listener, read_shown(folders))
    print(f"reading the results {perf_counter() - start:.2f} s")
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            measure(browser, address)
            browser.close()
    finally:
        server.should_exit = True
        thread.join()


def measure(browser: Browser, address: str) -> None:
    """Print the times of one opening and of some clicks into the image."""
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    start, used = perf_counter(), processor_seconds()
    page.goto(address)
    page.wait_for_selector("body[data-ready][data-voxel]")
    print(
        f"opening the page    {perf_counter() - start:.2f} s, "
        f"processor {processor_seconds() - used:.2f} s"
    )
    page.wait_for_timeout(3000)  # frame weights come after the page
    used = processor_seconds()
    seconds = [click(page, index) for index in range(CLICKS)]
    print(
        f"a click             {statistics.median(seconds):.3f} s, slowest {max(seconds):.3f} s, "
        f"processor {(processor_seconds() - used) / CLICKS:.3f} s"
    )


def click(page: Page, index: int) -> float:
    """Seconds from the click until curve and parameters of the voxel are on the page."""
    box = page.locator("#pane-a").bounding_box()
    assert box is not None
    before = page.evaluate("document.body.dataset.voxel")
    x, y = box["x"] + box["width"] * (0.4 + 0.02 * index), box["y"] + box["height"] * 0.5
    start = perf_counter()
    page.mouse.click(x, y)
    page.wait_for_selector(f'body:not([data-voxel="{before}"])')
    return perf_counter() - start


def processor_seconds() -> float:
    """Processor time [s] of this process and all that it started and that still run."""
    parents, seconds = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has ended meanwhile
            parents[int(entry.name)] = int(fields[1])
            seconds[int(entry.name)] = (int(fields[11]) + int(fields[12])) / os.sysconf(
                "SC_CLK_TCK"
            )

    def ours(process: int) -> bool:
        while process not in (0, os.getpid()):
            process = parents.get(process, 0)
        return process != 0

    return sum(value for process, value in seconds.items() if ours(process))


if __name__ == "__main__":
    main()
