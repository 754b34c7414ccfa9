"""One self-contained HTML page about an examination's maps."""

from gadmap.report.page import write_report

__all__ = ["write_report"]
