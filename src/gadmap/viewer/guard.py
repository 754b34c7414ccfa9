"""Who may ask the viewer's server, and what a browser may do with the answer."""

import secrets

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
    "img-src 'self' data: blob:; font-src data:; connect-src 'self' data: blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
_PAIRS = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]


def guarded(app: ASGIApp, token: str, port: int) -> ASGIApp:
    """Only requests below /token/ and to this machine's own address; all others get 403.

    The token keeps out other users of the machine and pages in the same browser; the Host header
    keeps out names that a stranger's page makes point here (DNS rebinding).
    """
    hosts = {f"127.0.0.1:{port}".encode(), f"localhost:{port}".encode()}

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_PAIRS]
            await send(message)

        given = scope["path"].split("/")[1].encode()
        asked = [value for name, value in scope["headers"] if name == b"host"]
        known = len(asked) == 1 and asked[0] in hosts
        if not (known and secrets.compare_digest(given, token.encode())):
            refusal = PlainTextResponse("403: open the address that gadmap view printed\n", 403)
            await refusal(scope, receive, send_with_headers)
            return
        await app({**scope, "root_path": f"/{token}"}, receive, send_with_headers)

    return guard
