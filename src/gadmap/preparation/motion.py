"""Rigid motion correction: every frame is registered to the mean before contrast."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
import SimpleITK as sitk  # noqa: N813
from jaxtyping import Bool, Float
from scipy import ndimage

from gadmap.data import DceSeries
from gadmap.data.scratch import empty_beside, let_go

_LEAST_SLICES = 4  # that SimpleITK's pyramids and splines need
_LEAST_SLICES_THROUGH = 8
_FROZEN = 1e12
_BINS = 64
_SAMPLES = 40_000
_SEED = 1
_MARGIN = 3
_BRIGHTEST = 90


@dataclass(frozen=True, eq=False, kw_only=True)
class _Target:
    """What every frame is registered to.

    Attributes
    ----------
    image
        Mean of the frames before contrast.
    mask
        Where the images are compared.
    centre
        Of rotation [mm].
    radius
        Root mean square distance of the body from there [mm].
    slices
        Slices of the series; the images hold more where these are too few.
    """

    image: sitk.Image
    mask: sitk.Image
    centre: tuple[float, float, float]
    radius: float
    slices: int


class _Frames(NamedTuple):
    """The series' signal, its voxel size [mm] and where displacements are measured."""

    signal: Float[np.ndarray, "x y z time"]
    spacing: Float[np.ndarray, " 3"]
    mask: Bool[np.ndarray, "x y z"]

    @property
    def points(self) -> Float[np.ndarray, "voxel 3"]:
        """Places of the mask's voxels [mm]."""
        return np.argwhere(self.mask) * self.spacing


class _Aligned(NamedTuple):
    """A frame on the reference's grid, and how far it was moved [mm]."""

    signal: Float[np.ndarray, "x y z"]
    displacement: float


def _silent(done: int, total: int) -> None:
    """Progress that nobody watches."""


def corrected_series(
    series: DceSeries,
    baseline_frames: int,
    mask: Bool[np.ndarray, "x y z"],
    *,
    workers: int = 2,
    progress: Callable[[int, int], None] = _silent,
) -> tuple[DceSeries, Float[np.ndarray, " time"]]:
    """Series with every frame moved onto the mean before contrast, and how far [mm].

    Rigid: three shifts and three rotations; in the plane only where there are fewer than eight
    slices, of which a shift through the plane would lose too many. The measure is mutual
    information, which enhancement disturbs little, in `mask` and a margin. A frame's displacement
    is the mean over the voxels of `mask`. Voxels that a frame did not see are NaN in it.

    References
    ----------
    Mattes et al., IEEE Trans Med Imaging 2003;22:120-128. Lowekamp et al., Front Neuroinform
    2013;7:45: SimpleITK.
    """
    spacing = np.linalg.norm(series.affine[:3, :3], axis=0)
    frames = _Frames(series.signal, spacing, mask)
    # The first mean is blurred by the motion between its frames, the second no longer.
    blurred = _clean(series.signal[..., :baseline_frames]).mean(axis=-1)
    total = baseline_frames + series.t.size
    with ThreadPoolExecutor(workers) as pool:
        register = partial(_aligned, frames, _target(blurred, frames))
        sharp = np.zeros(series.grid)
        seen = np.zeros(series.grid)
        for done, aligned in enumerate(pool.map(register, range(baseline_frames)), start=1):
            good = np.isfinite(aligned.signal)
            sharp += np.where(good, aligned.signal, 0)
            seen += good
            progress(done, total)
        register = partial(_aligned, frames, _target(sharp / np.maximum(seen, 1), frames))
        corrected = empty_beside(series.signal, series.signal.shape, series.signal.dtype)
        displacement = np.empty(series.t.size)
        for frame, aligned in enumerate(pool.map(register, range(series.t.size))):
            corrected[..., frame] = aligned.signal
            displacement[frame] = aligned.displacement
            let_go(series.signal, corrected)
            progress(baseline_frames + frame + 1, total)
    return replace(series, signal=corrected), displacement


def _target(reference: Float[np.ndarray, "x y z"], frames: _Frames) -> _Target:
    around = ndimage.binary_dilation(frames.mask, np.ones((3, 3, 1)), iterations=_MARGIN)
    points = frames.points
    x, y, z = points.mean(axis=0)
    return _Target(
        image=_image(_without_vessels(reference, frames.mask), frames.spacing),
        mask=_image(around, frames.spacing, np.uint8),
        centre=(float(x), float(y), float(z)),
        radius=float(np.sqrt(points.var(axis=0).sum())),
        slices=reference.shape[2],
    )


def _aligned(frames: _Frames, target: _Target, frame: int) -> _Aligned:
    moving = frames.signal[..., frame]
    compared = _without_vessels(_clean(moving), frames.mask)
    try:
        transform = _registered(target, _image(compared, frames.spacing))
    except RuntimeError as error:
        raise ValueError(
            f"frame {frame} could not be aligned with the frames before contrast; "
            "expected the same body in view. Is the frame empty?"
        ) from error
    return _Aligned(
        _moved(target, transform, moving, frames.spacing),
        _displacement(transform, frames.points),
    )


def _clean(signal: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Signal without samples that are not finite or negative: 0 in their place."""
    return np.where(np.isfinite(signal) & (signal >= 0), signal, 0)


def _without_vessels(
    volume: Float[np.ndarray, "x y z"], mask: Bool[np.ndarray, "x y z"]
) -> Float[np.ndarray, "x y z"]:
    """The volume cut off above: a bolus would leave tissue few of the histogram's bins."""
    return np.minimum(volume, np.percentile(volume[mask], _BRIGHTEST))


def _image(
    volume: Float[np.ndarray, "x y z"] | Bool[np.ndarray, "x y z"],
    spacing: Float[np.ndarray, " 3"],
    dtype: type = np.float32,
) -> sitk.Image:
    """The volume in its own millimetres; its last slice repeated where there are too few."""
    lacking = max(0, _LEAST_SLICES - volume.shape[2])
    padded = np.pad(volume, ((0, 0), (0, 0), (0, lacking)), mode="edge")
    image = sitk.GetImageFromArray(np.ascontiguousarray(padded.T).astype(dtype))
    image.SetSpacing(spacing.tolist())
    return image


def _registered(target: _Target, frame: sitk.Image) -> sitk.Euler3DTransform:
    """Transform that maps points of the reference to where they are in the frame."""
    transform = sitk.Euler3DTransform()
    transform.SetCenter(target.centre)
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(_BINS)
    method.SetMetricFixedMask(target.mask)
    share = min(1.0, _SAMPLES / target.image.GetNumberOfPixels())
    method.SetMetricSamplingStrategy(method.REGULAR if share < 1 else method.NONE)
    method.SetMetricSamplingPercentagePerLevel([min(1.0, 4 * share), share], _SEED)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=1.0, minStep=1e-3, numberOfIterations=60, gradientMagnitudeTolerance=1e-6
    )
    # A step of one then moves the body by about 1 mm, whether it turns or shifts.
    turn = target.radius**2
    scales = np.array([turn, turn, turn, 1.0, 1.0, 1.0])
    if target.slices < _LEAST_SLICES_THROUGH:
        scales[[0, 1, 5]] = _FROZEN
    method.SetOptimizerScales(scales.tolist())
    method.SetShrinkFactorsPerLevel([2, 1])
    method.SetSmoothingSigmasPerLevel([1.0, 0.0])
    method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOff()
    method.SetInitialTransform(transform, inPlace=True)
    method.SetNumberOfThreads(1)
    method.Execute(target.image, frame)
    return transform


def _moved(
    target: _Target,
    transform: sitk.Euler3DTransform,
    frame: Float[np.ndarray, "x y z"],
    spacing: Float[np.ndarray, " 3"],
) -> Float[np.ndarray, "x y z"]:
    """The frame on the reference's grid; NaN where it saw nothing or a sample was bad."""
    bad = ~(np.isfinite(frame) & (frame >= 0))
    moving = _image(_clean(frame), spacing)
    resampled = sitk.Resample(moving, target.image, transform, sitk.sitkBSpline, np.nan)
    moved = np.array(sitk.GetArrayFromImage(resampled).T[:, :, : target.slices])
    # The spline swings a little below 0 beside sharp edges; a magnitude does not.
    moved = np.maximum(moved, 0)
    if bad.any():
        touched = ndimage.binary_dilation(bad, structure=np.ones((3, 3, 1)))
        spread = sitk.Resample(
            _image(touched, spacing, np.uint8), target.image, transform, sitk.sitkNearestNeighbor, 1
        )
        moved[sitk.GetArrayFromImage(spread).T[:, :, : target.slices] > 0] = np.nan
    return moved


def _displacement(transform: sitk.Euler3DTransform, points: Float[np.ndarray, "voxel 3"]) -> float:
    """Mean distance [mm] between points and where the transform puts them."""
    centre = np.array(transform.GetCenter())
    rotation = np.array(transform.GetMatrix()).reshape(3, 3)
    shift = np.array(transform.GetTranslation())
    moved = (points - centre) @ rotation.T + centre + shift
    return float(np.linalg.norm(moved - points, axis=1).mean())
