"""The viewer's server on this machine's own address, until Ctrl-C."""

import secrets
import socket
import webbrowser
from collections.abc import Callable

import uvicorn

from gadmap.viewer.app import viewer_app
from gadmap.viewer.results import Results

_ADDRESS = "127.0.0.1"


def serve(results: Results, *, port: int, browser: bool, say: Callable[[str], None]) -> None:
    """Serve the page until Ctrl-C.

    Parameters
    ----------
    port
        Where to listen; 0 for any free one.
    browser
        Whether to open the page there.
    say
        Called with the page's address once it can be opened.

    Raises
    ------
    OSError
        If the port is taken.
    """
    with listening(port) as listener:
        server, address = server_on(listener, results)
        say(address)
        if browser:
            webbrowser.open(address)  # the listener holds the request until the server runs
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            return


def listening(port: int) -> socket.socket:
    """A socket that already takes connections, on this machine only."""
    listener = socket.socket()
    try:
        listener.bind((_ADDRESS, port))
    except OSError as error:
        listener.close()
        raise OSError(
            f"port {port} of {_ADDRESS} cannot be used ({error.strerror}); leave --port out for a "
            "free one"
        ) from error
    listener.listen()
    return listener


def server_on(listener: socket.socket, results: Results) -> tuple[uvicorn.Server, str]:
    """A server for that socket, with a token of its own, and the address of its page."""
    port, token = listener.getsockname()[1], secrets.token_urlsafe(24)
    config = uvicorn.Config(
        viewer_app(results, token, port),
        log_level="warning",
        access_log=False,  # it would show the token
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config), f"http://{_ADDRESS}:{port}/{token}/"
