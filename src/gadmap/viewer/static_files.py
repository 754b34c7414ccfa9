"""The files that the page is made of: read by name from the package, never by a path."""

from importlib.resources import files

SCRIPTS = (
    "vendor/niivue.umd.js",
    "source.js",
    "format.js",
    "colours.js",
    "panes.js",
    "plot.js",
    "answers.js",
    "region.js",
    "state.js",
    "controls.js",
    "main.js",
)
STYLE = "viewer.css"
_TYPES = {".js": "text/javascript", ".css": "text/css"}


def static_text(name: str) -> str:
    """Text of a script, the style, or the page itself."""
    return (files("gadmap.viewer") / "static" / name).read_text(encoding="utf-8")


def static_files() -> dict[str, tuple[str, str]]:
    """Name in the address to text and media type."""
    names = (STYLE, *SCRIPTS)
    return {name: (static_text(name), _TYPES[name[name.rindex(".") :]]) for name in names}


def page_html() -> str:
    """The page, its scripts and style as links."""
    scripts = "\n".join(f'<script src="static/{name}"></script>' for name in SCRIPTS)
    return filled_page(f'<link rel="stylesheet" href="static/{STYLE}">', scripts)


def filled_page(style: str, scripts: str) -> str:
    """The page with that style and those scripts."""
    return (
        static_text("index.html").replace("<!--STYLE-->", style).replace("<!--SCRIPTS-->", scripts)
    )
