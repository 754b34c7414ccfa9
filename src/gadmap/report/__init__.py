"""One self-contained HTML page about an examination's maps."""

from gadmap.report.explained import read_explained
from gadmap.report.page import Additions, write_report
from gadmap.report.scales import Scales
from gadmap.report.words import estimator_remarks

__all__ = ["Additions", "Scales", "estimator_remarks", "read_explained", "write_report"]
