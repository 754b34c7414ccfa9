"""The server answers its own page alone, and writes nothing."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from urllib.parse import urlsplit

import numpy as np
import pytest

from disc import GRID, TUMOUR
from gadmap.viewer import read_shown
from gadmap.viewer.serve import listening, server_on


@pytest.fixture(scope="module")
def server(fit: Path) -> Iterator[SimpleNamespace]:
    """A running server: its port, its token, and `ask`, which sends a path as it stands."""
    listener = listening(0)
    running, address = server_on(listener, read_shown([fit]))
    thread = Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    parts = urlsplit(address)

    def ask(path: str, method: str = "GET", host: str | None = None, body: bytes | None = None):
        connection = HTTPConnection("127.0.0.1", parts.port, timeout=20)
        connection.putrequest(method, path, skip_host=True)
        connection.putheader("Host", host or parts.netloc)
        connection.putheader("Content-Length", str(len(body or b"")))
        connection.endheaders(body)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return SimpleNamespace(status=answer.status, headers=answer.headers, content=content)

    yield SimpleNamespace(ask=ask, token=parts.path.strip("/"), netloc=parts.netloc)
    running.should_exit = True
    thread.join()


def test_the_page_is_served_with_headers_that_keep_it_to_itself(server):
    page = server.ask(f"/{server.token}/")
    assert page.status == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert b"http://" not in page.content
    assert b"https://" not in page.content


@pytest.mark.parametrize(
    "path", ["/", "/page.json", "/wrong/", "/wrong/page.json", "/{}x/", "//{}/"]
)
def test_without_the_token_nothing_is_told(server, path: str):
    answer = server.ask(path.format(server.token))
    assert answer.status in (403, 404)
    assert b"ktrans" not in answer.content


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1:1"])
def test_a_foreign_host_is_refused(server, host: str):
    assert server.ask(f"/{server.token}/", host=host).status == 403


@pytest.mark.parametrize(
    "path",
    [
        "/static/../page.py",
        "/static/../../results.py",
        "/static/%2e%2e/page.py",
        "/static//etc/passwd",
        "/../../etc/passwd",
        "/map/0/../../maps.json",
        "/map/0/ktrans%2f..%2freason.nii",
        "/map/7/ktrans.nii",
        "/map/0/nothing.nii",
        "/other/0/ktrans.nii",
        "/frame/99.nii",
        "/frame/-1.nii",
        "/voxel/99/0/0.json",
        "/weights/0/99.json",
    ],
)
def test_no_path_leads_out_and_what_is_not_there_is_not_found(server, path: str):
    assert server.ask(f"/{server.token}{path}").status in (403, 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_changed(server, method: str):
    assert server.ask(f"/{server.token}/map/0/ktrans.nii", method=method).status == 405


def test_a_click_and_a_region_are_answered(server):
    voxel = json.loads(server.ask(f"/{server.token}/voxel/13/11/0.json").content)
    assert voxel["voxel"] == list(TUMOUR)
    mask = np.zeros(GRID, dtype=np.uint8)
    mask[TUMOUR] = 1
    region = server.ask(f"/{server.token}/region", "POST", body=mask.tobytes(order="F"))
    assert json.loads(region.content)["voxels"] == 1


def test_a_region_that_is_none_is_refused_with_a_line(server):
    empty = server.ask(f"/{server.token}/region", "POST", body=bytes(int(np.prod(GRID))))
    assert (empty.status, empty.content) == (400, b"the region is empty; draw it, or load a mask")
    assert server.ask(f"/{server.token}/region", "POST", body=bytes(10**6)).status == 413


def test_a_taken_port_is_one_clear_line():
    with listening(0) as taken, pytest.raises(OSError, match="leave --port out"):
        listening(taken.getsockname()[1])
