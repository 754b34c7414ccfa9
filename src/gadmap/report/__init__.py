"""One self-contained HTML page about an examination's maps."""

from gadmap.report.page import write_report
from gadmap.report.words import estimator_remarks

__all__ = ["estimator_remarks", "write_report"]
