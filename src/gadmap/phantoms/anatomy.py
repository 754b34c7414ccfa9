"""The average brain that every phantom is made from.

Grey and white matter are the probability maps of the ICBM 152 2009a symmetric template, which
nilearn ships; no network is needed. Skull and scalp, which it lacks, are built around the hull.

The template is copyright (C) 1993-2009 Louis Collins, McConnell Brain Imaging Centre, Montreal
Neurological Institute, McGill University, who permit its use, copying, modification and
distribution without fee as long as this notice is kept.

References
----------
Fonov et al., NeuroImage 2011;54:313-327.
Fonov et al., NeuroImage 2009;47(suppl. 1):S102.
Collins et al., ANIMAL+INSECT, IPMI 1999, LNCS 1613:210-223.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

from gadmap.phantoms.resampling import linear_values

_SHARPENING = 3
_WHITE_GAIN, _CSF_GAIN = 1.4, 1.4
_CLOSING_MM = 14.0
_HULL_STEP = 2
_HULL_MARGIN = 15
_LOWEST_MM = -48.0


@dataclass(frozen=True, eq=False)
class Volume:
    """Samples on a grid of cubes.

    Attributes
    ----------
    samples
        Value at each grid point.
    origin
        Coordinates [mm] of the first one.
    spacing
        [mm].
    """

    samples: Float[np.ndarray, "a b c"]
    origin: tuple[float, float, float]
    spacing: float

    def at(self, points: Float[np.ndarray, "3 *n"]) -> Float[np.ndarray, "*n"]:
        """Values at `points` [mm], linear between the samples, constant beyond the edges."""
        origin = np.array(self.origin, dtype=points.dtype).reshape(3, *[1] * (points.ndim - 1))
        index = (points - origin) / self.spacing
        return linear_values(self.samples, index.reshape(3, -1)).reshape(points.shape[1:])


@dataclass(frozen=True, eq=False)
class Template:
    """The average brain in MNI space.

    Attributes
    ----------
    grey, white
        Volume fractions; what is left to 1 is CSF.
    hull
        Distance [mm] from a surface around the brain that bridges its fissures, negative inside.
    smooth_hull
        The same with its creases smoothed, for what lies outside the skull.
    """

    grey: Volume
    white: Volume
    hull: Volume
    smooth_hull: Volume


@cache
def brain_template() -> Template:
    """The average brain, read from nilearn's package."""
    from nilearn import datasets  # slow to import: only when a phantom is made

    image = datasets.load_mni152_template(resolution=1)
    lowest = int(np.ceil(_LOWEST_MM - image.affine[2, 3]))
    origin = (image.affine[0, 3], image.affine[1, 3], image.affine[2, 3] + lowest)
    brain, grey, white = (
        np.asarray(volume.dataobj, dtype=np.float32)[..., lowest:]
        for volume in (
            image,
            datasets.load_mni152_gm_template(resolution=1),
            datasets.load_mni152_wm_template(resolution=1),
        )
    )
    grey, white = _sharpened(grey, white, brain > 0)
    hull = _hull(brain > 0, origin)
    return Template(
        grey=Volume(grey, origin, 1.0),
        white=Volume(white, origin, 1.0),
        hull=_smoothed(hull, 2.0),
        smooth_hull=_smoothed(hull, 9.0),
    )


def _smoothed(volume: Volume, sd: float) -> Volume:
    """Blurred by a Gaussian of standard deviation `sd` [mm]."""
    blurred = ndimage.gaussian_filter(volume.samples, sd / volume.spacing, mode="nearest")
    return Volume(blurred, volume.origin, volume.spacing)


def _sharpened(
    grey: Float[np.ndarray, "x y z"],
    white: Float[np.ndarray, "x y z"],
    brain: Bool[np.ndarray, "x y z"],
) -> tuple[Float[np.ndarray, "x y z"], Float[np.ndarray, "x y z"]]:
    """Fractions of one brain rather than an average: thinner cortex, open sulci."""
    grey, white = grey * brain, white * brain
    csf = _CSF_GAIN * np.clip(1 - grey - white, 0, 1)
    grey, white, csf = (p**_SHARPENING for p in (grey, _WHITE_GAIN * white, csf))
    total = grey + white + csf
    return grey / total, white / total


def _hull(brain: Bool[np.ndarray, "x y z"], origin: tuple[float, float, float]) -> Volume:
    """Signed distance from the brain's closing by a ball, on a coarse grid with a margin."""
    step, margin = float(_HULL_STEP), _HULL_MARGIN
    coarse = np.pad(
        brain[::_HULL_STEP, ::_HULL_STEP, ::_HULL_STEP],
        ((margin, margin), (margin, margin), (0, margin)),
    )
    outside = np.asarray(ndimage.distance_transform_edt(~coarse, sampling=step))
    inside = np.asarray(ndimage.distance_transform_edt(outside <= _CLOSING_MM, sampling=step))
    signed = np.where(outside <= _CLOSING_MM, _CLOSING_MM - inside, outside)
    corner = (origin[0] - margin * step, origin[1] - margin * step, origin[2])
    return Volume(signed.astype(np.float32), corner, step)
