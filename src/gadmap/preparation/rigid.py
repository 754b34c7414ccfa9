"""One volume moved rigidly onto another."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk  # noqa: N813
from jaxtyping import Bool, Float
from scipy import ndimage

LEAST_SLICES_THROUGH = 8
"""Fewer slices are moved in their plane only: a shift through it would lose too many."""

_LEAST_SLICES = 4  # that SimpleITK's splines need
_FROZEN = 1e12
_BINS = 64
_SAMPLES = 40_000
_SEED = 1
_ITERATIONS = 60
_BRIGHTEST = 90
_MARGIN = 3

Pose = sitk.Euler3DTransform
"""Where a point [mm] of the reference is in a frame."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Body:
    """What is aligned.

    Attributes
    ----------
    mask
        True in the body.
    spacing
        Voxel size [mm].
    origin
        Of the first voxel [mm]; not 0 where voxels were put together.
    """

    mask: Bool[np.ndarray, "x y z"]
    spacing: Float[np.ndarray, " 3"]
    origin: Float[np.ndarray, " 3"]

    @property
    def points(self) -> Float[np.ndarray, "voxel 3"]:
        """Places of its voxels [mm]."""
        return np.argwhere(self.mask) * self.spacing + self.origin

    @property
    def compared(self) -> Bool[np.ndarray, "x y z"]:
        """The body and a margin; without the outermost slices where it may leave through them."""
        around = ndimage.binary_dilation(self.mask, np.ones((3, 3, 1)), iterations=_MARGIN)
        if self.mask.shape[2] >= LEAST_SLICES_THROUGH:
            around[..., [0, -1]] = False
        return around

    def without_vessels(self, volume: Float[np.ndarray, "x y z"]) -> Float[np.ndarray, "x y z"]:
        """The volume cut off above: a bolus would leave tissue few of the histogram's bins."""
        return np.minimum(volume, np.percentile(volume[self.mask], _BRIGHTEST))

    def image(
        self,
        volume: Float[np.ndarray, "x y z"] | Bool[np.ndarray, "x y z"],
        dtype: type = np.float32,
    ) -> sitk.Image:
        """The volume in millimetres; its last slice repeated where there are too few."""
        lacking = max(0, _LEAST_SLICES - volume.shape[2])
        padded = np.pad(volume, ((0, 0), (0, 0), (0, lacking)), mode="edge") if lacking else volume
        image = sitk.GetImageFromArray(np.ascontiguousarray(padded.T, dtype=dtype))
        image.SetSpacing(self.spacing.tolist())
        image.SetOrigin(self.origin.tolist())
        return image


class Registration:
    """Finds the pose of one frame after another.

    The reference is moved onto the frame and not the frame onto the reference: values between
    voxels are less noisy than those at voxels, which would draw a noisy frame away from where it
    is. The reference is a mean of many frames.

    References
    ----------
    Mattes et al., IEEE Trans Med Imaging 2003;22:120-128: mutual information. Lowekamp et al.,
    Front Neuroinform 2013;7:45: SimpleITK.
    """

    def __init__(self, body: Body) -> None:
        self._body = body
        points = body.points
        self._centre = points.mean(axis=0)
        self._compared = body.image(body.compared, np.uint8)
        # A step of one then moves the body by about 1 mm, whether it turns or shifts.
        turn = float(points.var(axis=0).sum())
        scales = np.array([turn, turn, turn, 1.0, 1.0, 1.0])
        if body.mask.shape[2] < LEAST_SLICES_THROUGH:
            scales[[0, 1, 5]] = _FROZEN
        self._scales = scales.tolist()

    def rest(self) -> Pose:
        """The pose of a body that did not move."""
        return pose_of(self._centre.tolist(), np.zeros(6))

    def pose(
        self,
        reference: Float[np.ndarray, "x y z"],
        frame: Float[np.ndarray, "x y z"],
        start: Pose,
        step: float,
    ) -> Pose:
        """Pose of the body in a frame, from `start` on, by steps of at first `step` [mm].

        Raises
        ------
        RuntimeError
            If the two have too little in common.
        """
        body, back = self._body, _inverse(start)
        method = sitk.ImageRegistrationMethod()
        method.SetMetricAsMattesMutualInformation(_BINS)
        method.SetMetricFixedMask(self._compared)
        fixed = body.image(body.without_vessels(frame))
        share = min(1.0, _SAMPLES / fixed.GetNumberOfPixels())
        method.SetMetricSamplingStrategy(method.REGULAR if share < 1 else method.NONE)
        method.SetMetricSamplingPercentage(share, _SEED)
        method.SetInterpolator(sitk.sitkLinear)
        method.SetOptimizerAsRegularStepGradientDescent(
            learningRate=step,
            minStep=step / 64,
            numberOfIterations=_ITERATIONS,
            gradientMagnitudeTolerance=1e-8,
        )
        method.SetOptimizerScales(self._scales)
        method.SetInitialTransform(back, inPlace=True)
        method.SetNumberOfThreads(1)
        method.Execute(fixed, body.image(body.without_vessels(reference)))
        return _inverse(back)


def pose_of(centre: Sequence[float], parameters: Float[np.ndarray, " 6"]) -> Pose:
    """Three rotations [rad] about a centre [mm], then three shifts [mm]."""
    pose = sitk.Euler3DTransform()
    pose.SetCenter(centre)
    pose.SetParameters(parameters.tolist())
    return pose


def moved_back(
    body: Body, pose: Pose, frame: Float[np.ndarray, "x y z"]
) -> Float[np.ndarray, "x y z"]:
    """The frame with the body where the reference has it; NaN where it saw nothing or bad samples.

    By cubic splines.
    """
    bad = ~(np.isfinite(frame) & (frame >= 0))
    slices = frame.shape[2]
    still = body.image(clean(frame))
    moved = np.array(_resampled(still, pose, sitk.sitkBSpline, np.nan)[..., :slices])
    # The spline swings a little below 0 beside sharp edges; a magnitude does not.
    np.maximum(moved, 0, out=moved)
    if bad.any():
        touched = ndimage.binary_dilation(bad, structure=np.ones((3, 3, 1)))
        spread = _resampled(body.image(touched, np.uint8), pose, sitk.sitkNearestNeighbor, 1)
        moved[spread[..., :slices] > 0] = np.nan
    return moved


def displacements(pose: Pose, points: Float[np.ndarray, "voxel 3"]) -> Float[np.ndarray, "voxel 3"]:
    """How far [mm] a pose moves points."""
    centre, shift = np.array(pose.GetCenter()), np.array(pose.GetTranslation())
    rotation = np.array(pose.GetMatrix()).reshape(3, 3)
    return (points - centre) @ (rotation - np.eye(3)).T + shift


def clean(signal: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Signal without samples that are not finite or negative: 0 in their place."""
    return np.where(np.isfinite(signal) & (signal >= 0), signal, 0)


def _resampled(
    image: sitk.Image, pose: Pose, interpolator: int, outside: float
) -> Float[np.ndarray, "x y z"]:
    method = sitk.ResampleImageFilter()
    method.SetReferenceImage(image)
    method.SetTransform(pose)
    method.SetInterpolator(interpolator)
    method.SetDefaultPixelValue(outside)
    method.SetNumberOfThreads(1)
    return sitk.GetArrayViewFromImage(method.Execute(image)).T


def _inverse(pose: Pose) -> Pose:
    """The same about the same centre, from the frame to the reference or back."""
    turned = np.array(pose.GetMatrix()).reshape(3, 3).T
    inverse = sitk.Euler3DTransform()
    inverse.SetCenter(pose.GetCenter())
    inverse.SetMatrix(turned.ravel().tolist(), 1e-6)
    inverse.SetTranslation((-turned @ np.array(pose.GetTranslation())).tolist())
    return inverse
