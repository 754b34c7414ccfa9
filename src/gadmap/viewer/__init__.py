"""The viewer: an examination with its maps in the browser, served from memory or as one file."""

from gadmap.viewer.export import write_page
from gadmap.viewer.results import Results, read_shown
from gadmap.viewer.serve import serve

__all__ = ["Results", "read_shown", "serve", "write_page"]
