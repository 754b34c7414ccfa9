"""The frames that a network knows, and how any series is brought to them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

_COARSEST = 1.5
_BEYOND_THE_END = 0.5
_SAME_TIME = 1e-6
_QUANTILE = 0.99


@dataclass(frozen=True, kw_only=True)
class FrameGrid:
    """Evenly spaced frames around the arrival of the contrast agent.

    Attributes
    ----------
    step
        Time between frames [s].
    frames
        Number of frames.
    baseline
        Number of frames before the first enhanced one, which is the index of that one.

    Raises
    ------
    ValueError
        If the step is not positive, or the baseline leaves no enhanced frame or none before it.
    """

    step: float
    frames: int
    baseline: int

    def __post_init__(self) -> None:
        if not 0 < self.step < 600:
            raise ValueError(f"frame grid: step is {self.step:g} s; expected 0 to 600 s")
        if not 1 <= self.baseline < self.frames:
            raise ValueError(
                f"frame grid: {self.baseline} of {self.frames} frames before contrast; expected at "
                "least one before and one after"
            )

    @property
    def times(self) -> Float[np.ndarray, " frames"]:
        """Times of the frames since the first enhanced one [s]."""
        return self.step * (np.arange(self.frames) - self.baseline)


RIDER_GRID = FrameGrid(step=4.762, frames=65, baseline=10)
"""The paper's: 65 frames of RIDER NEURO, the first enhanced one in the eleventh place."""


def on_grid(
    signal: Float[np.ndarray, "*voxels time"],
    t: Float[np.ndarray, " time"],
    first_enhanced: int,
    grid: FrameGrid,
) -> Float[np.ndarray, "*voxels frames"]:
    """Signal [a.u.] at the frames of the grid, float32.

    Linear between samples in time since the first enhanced frame: a shift by whole frames where the
    steps agree. Grid frames before the series starts hold the mean of its frames before contrast.

    Parameters
    ----------
    signal
        Signal [a.u.].
    t
        Times of the frames [s], rising.
    first_enhanced
        Index of the first frame with contrast agent.
    grid
        Frames of the network.

    Raises
    ------
    ValueError
        If the series ends before the grid does or is too coarse for it.
    """
    weights = resampling_weights(t, first_enhanced, grid)
    return signal.astype(np.float32, copy=False) @ weights.astype(np.float32)


def resampling_weights(
    t: Float[np.ndarray, " time"], first_enhanced: int, grid: FrameGrid
) -> Float[np.ndarray, "time frames"]:
    """Weights of the series' samples in the frames of the grid; those of a frame sum to 1.

    The last sample stands for half a step of the grid after it.

    Parameters
    ----------
    t
        Times of the frames [s], rising.
    first_enhanced
        Index of the first frame with contrast agent.
    grid
        Frames of the network.

    Raises
    ------
    ValueError
        If the series ends before the grid does or is too coarse for it.
    """
    if not 1 <= first_enhanced < t.size:
        raise ValueError(
            f"first enhanced frame is {first_enhanced} of {t.size}; expected at least one before it"
        )
    since = (t - t[first_enhanced]).astype(np.float64)
    _require_long_and_fine(since, first_enhanced, grid)
    times = np.minimum(grid.times, since[-1])
    after = np.clip(np.searchsorted(since, times), 1, t.size - 1)
    share = (times - since[after - 1]) / (since[after] - since[after - 1])
    share[np.abs(share) < _SAME_TIME] = 0
    share[np.abs(share - 1) < _SAME_TIME] = 1
    weights = np.zeros((t.size, grid.frames))
    frames = np.arange(grid.frames)
    weights[after - 1, frames] = 1 - share
    weights[after, frames] += share
    earlier = share < 0
    weights[:, earlier] = 0
    weights[:first_enhanced, earlier] = 1 / first_enhanced
    return weights


def _require_long_and_fine(
    since: Float[np.ndarray, " time"], first_enhanced: int, grid: FrameGrid
) -> None:
    """Raise ValueError unless the series reaches the grid's end with steps fine enough."""
    end = grid.times[-1]
    if since[-1] < end - _BEYOND_THE_END * grid.step:
        raise ValueError(
            f"the series ends {since[-1]:.1f} s after the contrast agent arrives; the network "
            f"needs {end:.1f} s. Is it cut short? Map it with --estimator least-squares"
        )
    starts = since[first_enhanced - 1 : -1]
    steps = np.diff(since)[first_enhanced - 1 :][starts < end]
    if steps.max() > _COARSEST * grid.step:
        raise ValueError(
            f"the series has frames {steps.max():.1f} s apart when the contrast agent arrives or "
            f"later; the network needs at most {_COARSEST * grid.step:.1f} s. Map it with "
            "--estimator least-squares"
        )


def signal_scale(
    signal: Float[np.ndarray, "*voxels frames"], mask: Bool[np.ndarray, "*voxels"]
) -> float:
    """Scale [a.u.] that a network's input is divided by.

    It is the 0.99 quantile of `signal` over `mask` and all frames.

    Raises
    ------
    ValueError
        If the mask holds no voxel, or the quantile is not above 0.
    """
    return scale_of(signal[mask].reshape(-1))


def scale_of(values: Float[np.ndarray, " sample"]) -> float:
    """The scale [a.u.] of samples, `values`, that are those of the mask; their order is lost.

    Raises
    ------
    ValueError
        If there is none, or the quantile is not above 0.
    """
    if not values.size:
        raise ValueError("no voxel to take the scale of the signal from; is the mask empty?")
    scale = float(np.quantile(values, _QUANTILE, overwrite_input=True))
    if not (np.isfinite(scale) and scale > 0):
        raise ValueError(
            f"scale of the signal is {scale:g}; expected above 0. Does the mask lie on the body, "
            "and is every sample finite?"
        )
    return scale
