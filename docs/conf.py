"""How sphinx builds the pages: run `make docs`. Nothing is fetched, now or by the pages."""

import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

import gallery
from sphinx.application import Sphinx

import gadmap

project = "gadmap"
author = "The gadmap developers"
copyright = author
version = release = gadmap.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
    "gallery",
    "mathml",
]
exclude_patterns = ["_build", "examples"]
templates_path = ["_templates"]
default_role = "literal"
html_math_renderer = "mathml"

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

autosummary_generate = True
autosummary_ignore_module_all = False
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
python_maximum_signature_line_length = 88

sphinx_gallery_conf = gallery.configuration()

nitpicky = True
nitpick_ignore_regex = [
    ("py:.*", r"(?!gadmap\.).*"),  # other packages' names: their pages are elsewhere
    ("py:class", r"gadmap\.(cohort|io|phantoms|preparation|report)\.\w+\.\w+"),  # parts of results
    ("py:class", r"gadmap\.physics\.voxels\.Result"),  # a type variable
]

html_theme = "pydata_sphinx_theme"
html_title = "gadmap"
html_show_sourcelink = False
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["gadmap.css"]
html_sidebars = {"start": []}
html_theme_options = {
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": [],
    "footer_end": [],
    "article_footer_items": [],
}

TOP = ("README", "CONTRIBUTING", "CHANGELOG")
"""Pages at the top of the repository, which a git host shows; here they are pages like others."""


def setup(app: Sphinx) -> None:
    """Make pages of those at the top of the repository, and lead links to them there."""
    app.connect("source-read", _at_the_top)


def _at_the_top(_: Sphinx, page: str, source: list[str]) -> None:
    if page.upper() in TOP:
        text = (HERE.parent / f"{page.upper()}.md").read_text(encoding="utf-8")
        text = re.sub(r"\]\((?!\w+:|#|docs/)", "](../", text)  # as seen from here
        source[0] = text.replace("](docs/", "](")
    for name in TOP:
        source[0] = re.sub(
            rf"\]\(((?:\.\./)*)\.\./{name}\.md", rf"](\1{name.lower()}.md", source[0]
        )
