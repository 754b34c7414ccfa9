"""What fills the page templates."""

from jinja2 import Environment, PackageLoader, StrictUndefined


def page_environment() -> Environment:
    """Templates of this package; they escape what they print and fail on a name they lack."""
    return Environment(
        loader=PackageLoader("gadmap.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
