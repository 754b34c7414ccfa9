"""Figures of arrays: how slices hang, which colours values have, montages and curves.

It knows no container and no estimator, so that containers can draw themselves.
"""

from gadmap.drawing.curves import curve_figure, exam_figure
from gadmap.drawing.montage import Panel, montage
from gadmap.drawing.region import ProfilePanel, region_figure
from gadmap.drawing.scale import ENDS, Scale, robust_scale, rounded_up
from gadmap.drawing.slices import slices_by_weight
from gadmap.drawing.table import html_table, thumbnail
from gadmap.drawing.view import View, view_of

__all__ = [
    "ENDS",
    "Panel",
    "ProfilePanel",
    "Scale",
    "View",
    "curve_figure",
    "exam_figure",
    "html_table",
    "montage",
    "region_figure",
    "robust_scale",
    "rounded_up",
    "slices_by_weight",
    "thumbnail",
    "view_of",
]
