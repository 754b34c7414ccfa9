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
    "csv.js",
    "state.js",
    "controls.js",
    "main.js",
)
STYLE = "viewer.css"
_FILE_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval'; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; connect-src data: blob:"
)
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
    return _filled_page(f'<link rel="stylesheet" href="static/{STYLE}">', scripts)


def page_file(data: str) -> str:
    """The page as one file around its data, a text in JSON."""
    held = data.replace("<", "\\u003c")  # no text of it can end the element it stands in
    scripts = "\n".join(f"<script>{_inlined(name)}</script>" for name in SCRIPTS)
    return _filled_page(
        f'<meta http-equiv="Content-Security-Policy" content="{_FILE_POLICY}">\n'
        f"<style>{static_text(STYLE)}</style>",
        f'<script type="application/json" id="embedded">{held}</script>\n{scripts}',
    )


def _inlined(name: str) -> str:
    """A script that does not end the element it stands in."""
    return static_text(name).replace("</script", "<\\/script")


def _filled_page(style: str, scripts: str) -> str:
    """The page with that style and those scripts."""
    return (
        static_text("index.html").replace("<!--STYLE-->", style).replace("<!--SCRIPTS-->", scripts)
    )
