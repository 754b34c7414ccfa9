"""The figures of the paper, to stand beside ours.

Zeng and Zhou, An attention based deep learning model for direct estimation of pharmacokinetic maps
from DCE-MRI images, IEEE BIBM 2021: Tables I to III. RIDER NEURO MRI, 14 patients to train and 5 to
test, 20,000 iterations, mean and standard deviation of 10 trainings, RTX 2080 Ti.
"""

from dataclasses import dataclass

SOURCE = "Zeng and Zhou, IEEE BIBM 2021"
TRAININGS = 10
STEPS = 20_000
NLS_MS = 115_283.0
"""Table I: their nonlinear least squares of one 32 x 32 sample [ms]."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """A row of the paper.

    Attributes
    ----------
    label
        What the paper calls it.
    ssim, psnr, rmse
        Table II: mean and standard deviation over trainings.
    minutes
        Table III: time to train [min].
    milliseconds
        Table I: time of one 32 x 32 sample [ms], that of its class of networks.
    """

    label: str
    ssim: tuple[float, float]
    psnr: tuple[float, float]
    rmse: tuple[float, float]
    minutes: int
    milliseconds: float


_CNN, _LSTM, _ATTENTION = 6.2, 9.5, 7.3

PUBLISHED = {
    "cnn-local": Published(
        label="CNN(L)",
        ssim=(0.869, 0.007),
        psnr=(38.65, 0.34),
        rmse=(0.0129, 0.0005),
        minutes=19,
        milliseconds=_CNN,
    ),
    "cnn-local-global": Published(
        label="CNN(L+G)",
        ssim=(0.885, 0.013),
        psnr=(40.02, 0.51),
        rmse=(0.0123, 0.0009),
        minutes=21,
        milliseconds=_CNN,
    ),
    "lstm": Published(
        label="LSTM",
        ssim=(0.892, 0.014),
        psnr=(40.77, 0.59),
        rmse=(0.0122, 0.0012),
        minutes=232,
        milliseconds=_LSTM,
    ),
    "ab-lstm": Published(
        label="AB-LSTM",
        ssim=(0.911, 0.012),
        psnr=(41.52, 0.49),
        rmse=(0.0115, 0.0011),
        minutes=417,
        milliseconds=_LSTM,
    ),
    "se-net": Published(
        label="SE-NET",
        ssim=(0.903, 0.008),
        psnr=(41.15, 0.41),
        rmse=(0.0119, 0.0014),
        minutes=22,
        milliseconds=_ATTENTION,
    ),
    "cbam": Published(
        label="CBAM",
        ssim=(0.912, 0.011),
        psnr=(41.88, 0.39),
        rmse=(0.0106, 0.0009),
        minutes=23,
        milliseconds=_ATTENTION,
    ),
    "cnn-local-fab": Published(
        label="CNN(L)+FAB",
        ssim=(0.918, 0.008),
        psnr=(41.91, 0.34),
        rmse=(0.0099, 0.0007),
        minutes=22,
        milliseconds=_ATTENTION,
    ),
    "csab": Published(
        label="CSAB",
        ssim=(0.914, 0.008),
        psnr=(41.91, 0.35),
        rmse=(0.0106, 0.0008),
        minutes=23,
        milliseconds=_ATTENTION,
    ),
    "fcsa-net": Published(
        label="FCSA-net",
        ssim=(0.921, 0.009),
        psnr=(42.18, 0.46),
        rmse=(0.0097, 0.0008),
        minutes=25,
        milliseconds=_ATTENTION,
    ),
}

LABELS = {name: row.label for name, row in PUBLISHED.items()} | {
    "fcsa-body": "FCSA body",
    "least-squares": "exact fit",
}
"""What tables call a row: the paper's word where it has one."""

ABLATION = (
    ("cnn-local-fab", "cnn-local"),
    ("cnn-local-fab", "se-net"),
    ("csab", "fcsa-body"),
    ("csab", "cbam"),
    ("fcsa-net", "fcsa-body"),
    ("fcsa-net", "cnn-local-fab"),
    ("fcsa-net", "csab"),
)
"""Pairs whose difference says what a block adds."""
