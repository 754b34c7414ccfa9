"""How far maps lie from a reference: sums over a patient's images, from which any pool follows.

Images are compared on the scale of the paper, where 1 is the scale kept in the checkpoint: the
reference is clipped to 0..1 as the training target was, and so is the estimate. What clipping
hides is told by the same error in the quantity's own unit, without clipping.
"""

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Bool, Float

from gadmap.evaluation.metrics import psnr, ssim

Images = Float[np.ndarray, "image h w"]


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Sums over images and their voxels.

    Attributes
    ----------
    images
        Number of images with a voxel to compare and a window for SSIM.
    ssim, psnr
        Sums over these images, of the scaled maps.
    voxels
        Number of voxels compared, in all images.
    squared
        Sum of squared differences of the scaled and clipped maps.
    squared_unit
        The same in the quantity's unit, squared, not clipped.
    error_unit
        Sum of the differences, estimate less reference, in the quantity's unit.
    """

    images: int = 0
    ssim: float = 0.0
    psnr: float = 0.0
    voxels: int = 0
    squared: float = 0.0
    squared_unit: float = 0.0
    error_unit: float = 0.0

    def __add__(self, other: "Agreement") -> "Agreement":
        both = {f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(Agreement)}
        return Agreement(**both)


def agreement(
    estimates: Images,
    references: Images,
    inside: Bool[np.ndarray, "image h w"],
    scale: float,
) -> Agreement:
    """How far images of a quantity, in its unit, lie from their references.

    Parameters
    ----------
    estimates, references
        Maps in the quantity's unit; finite where `inside`.
    inside
        Voxels to compare: those that every estimator and every reference has.
    scale
        The quantity's value that is 1 on the scale of the networks.

    Raises
    ------
    ValueError
        If a voxel inside is not finite.
    """
    total = Agreement()
    for estimate, reference, where in zip(estimates, references, inside, strict=True):
        total += _of_image(estimate, reference, where, scale)
    return total


def _of_image(
    estimate: np.ndarray, reference: np.ndarray, where: np.ndarray, scale: float
) -> Agreement:
    x, y = (np.clip(image / scale, 0, 1) for image in (estimate, reference))
    likeness = ssim(x, y, where)
    if np.isnan(likeness):  # no window's centre is inside: nothing to compare in this image
        return Agreement()
    scaled = (x - y)[where].astype(np.float64)
    error = (estimate - reference)[where].astype(np.float64)
    return Agreement(
        images=1,
        ssim=likeness,
        psnr=psnr(x, y, where),
        voxels=int(where.sum()),
        squared=float(scaled @ scaled),
        squared_unit=float(error @ error),
        error_unit=float(error.sum()),
    )
