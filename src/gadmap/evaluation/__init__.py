"""How good maps are: metrics, agreement with a reference, significance, tables."""

from gadmap.evaluation.agreement import Agreement, agreement
from gadmap.evaluation.levels import holm, welch_of_moments
from gadmap.evaluation.metrics import psnr, rmse, ssim
from gadmap.evaluation.rows import FIT, METRICS, Metric, Row, row_of
from gadmap.evaluation.scores import Key, Scores, rows_of, scores_of
from gadmap.evaluation.significance import Difference, Interval, differences, interval, seed_sd

__all__ = [
    "FIT",
    "METRICS",
    "Agreement",
    "Difference",
    "Interval",
    "Key",
    "Metric",
    "Row",
    "Scores",
    "agreement",
    "differences",
    "holm",
    "interval",
    "psnr",
    "rmse",
    "row_of",
    "rows_of",
    "scores_of",
    "seed_sd",
    "ssim",
    "welch_of_moments",
]
