"""What the viewer's server answers: the page, volumes, clicks and regions; it writes nothing."""

from collections.abc import Callable
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gadmap.io.strict_json import json_text
from gadmap.viewer.frame_weights import slice_weights
from gadmap.viewer.guard import guarded
from gadmap.viewer.page import page_record
from gadmap.viewer.region import mask_of, region_answer
from gadmap.viewer.results import Results
from gadmap.viewer.static_files import page_html, static_files
from gadmap.viewer.volumes import anatomy_file, frame_file, map_file
from gadmap.viewer.voxel import voxel_answer


def viewer_app(results: Results, token: str, port: int) -> ASGIApp:
    """The application for one run: below /token/ alone, on that port."""
    routes = [*_page_routes(results), *_volume_routes(results), *_answer_routes(results)]
    return guarded(Starlette(routes=routes), token, port)


def _page_routes(results: Results) -> list[Route]:
    page, static, record = page_html(), static_files(), json_text(page_record(results))

    def a_static(request: Request) -> Response:
        text, kind = static[request.path_params["name"]]
        return Response(text, media_type=kind)

    return [
        _get("/", lambda _: HTMLResponse(page)),
        _get("/static/{name:path}", a_static),
        _get("/page.json", lambda _: Response(record, media_type="application/json")),
    ]


def _volume_routes(results: Results) -> list[Route]:
    def frame(request: Request) -> Response:
        return _nifti(frame_file(results, *_path(request, "n")))

    def a_map(request: Request, *, error: bool) -> Response:
        return _nifti(map_file(results, *_path(request, "e", "name"), error=error))

    return [
        _get("/anatomy.nii", lambda _: _nifti(anatomy_file(results))),
        _get("/frame/{n:int}.nii", frame),
        _get("/map/{e:int}/{name:str}.nii", partial(a_map, error=False)),
        _get("/error/{e:int}/{name:str}.nii", partial(a_map, error=True)),
    ]


def _answer_routes(results: Results) -> list[Route]:
    weights = slice_weights(results)
    return [
        _get(
            "/voxel/{x:int}/{y:int}/{z:int}.json",
            lambda request: _json(voxel_answer(results, _path(request, "x", "y", "z"))),
        ),
        _get(
            "/weights/{e:int}/{z:int}.json",
            lambda request: _json(weights(*_path(request, "e", "z"))),
        ),
        Route("/region", _region(results), methods=["POST"]),
    ]


def _get(path: str, answer: Callable[[Request], Response]) -> Route:
    """A route that reads; what is not there is 404. It runs in a thread of its own."""

    def endpoint(request: Request) -> Response:
        try:
            return answer(request)
        except KeyError as error:
            raise HTTPException(404) from error

    return Route(path, endpoint, methods=["GET"])


def _region(results: Results) -> Callable[[Request], Any]:
    """The answer about a region that the page sends; at most one byte a voxel is read."""
    x, y, z = results.grid

    async def endpoint(request: Request) -> Response:
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > x * y * z:
                raise HTTPException(413)
        try:
            return await run_in_threadpool(
                lambda: _json(region_answer(results, mask_of(bytes(body), results.grid)))
            )
        except ValueError as error:
            raise HTTPException(400, str(error)) from error

    return endpoint


def _path(request: Request, *names: str) -> Any:
    """Those parts of the address."""
    return tuple(request.path_params[name] for name in names)


def _json(record: dict[str, Any]) -> Response:
    return Response(json_text(record), media_type="application/json")


def _nifti(file: bytes) -> Response:
    return Response(file, media_type="application/octet-stream")
