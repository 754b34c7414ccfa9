"""Small random maps of tissue: regions with borders, texture, small lesions.

They look like no organ in particular, so that what is learned on them holds for any.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.ndimage import gaussian_filter

from gadmap.quantities import SECONDS_PER_MINUTE

_KTRANS, _VE, _VP = (0.002, 1.0), (0.05, 0.7), (0.003, 0.15)
_TRANSIT, _LARGEST_EXTRACTION = (2.0, 8.0), 0.8  # s
_LARGEST_KEP = 6.0  # 1/min; tissue that gives back faster looks like plasma in any frames
_NO_UPTAKE = 0.15  # share of regions
_EXPONENT = (1.0, 3.0)  # of the power spectrum of borders and texture
_LESION = (0.8, 3.5)  # radius in voxels
_LARGEST_CONTRAST = 1.8  # of a lesion, natural logarithm


@dataclass(frozen=True, eq=False, kw_only=True)
class SceneMaps:
    """True maps of a scene: what each voxel holds, the point spread included.

    Attributes
    ----------
    ktrans, ve, vp
        Kinetic parameters, in their units.
    fp
        Plasma flow [1/min], above ktrans.
    t10
        Native T1 [s].
    """

    ktrans: Float[np.ndarray, "x y"]
    ve: Float[np.ndarray, "x y"]
    vp: Float[np.ndarray, "x y"]
    fp: Float[np.ndarray, "x y"]
    t10: Float[np.ndarray, "x y"]


def scene_maps(
    random: np.random.Generator,
    size: int,
    point_spread: float,
    t10: tuple[float, float],
    *,
    plasma: bool,
) -> SceneMaps:
    """Maps of `size` × `size` voxels, drawn from `random`.

    Parameters
    ----------
    point_spread
        Standard deviation of the point spread that the maps are seen through [voxels]; 0 for none.
    t10
        Least and largest native T1 of a region [s].
    plasma
        Whether tissue has plasma that follows the arteries at once; vp is 0 otherwise.
    """
    count = int(random.integers(1, 6))
    label = _labels(random, size, count)
    ktrans = _log_uniform(random, _KTRANS, count)
    ktrans[random.random(count) < _NO_UPTAKE] = 0
    ve, native = _log_uniform(random, _VE, count), random.uniform(*t10, count)
    vp, transit = _log_uniform(random, _VP, count) * plasma, _log_uniform(random, _TRANSIT, count)
    maps = {
        "ktrans": ktrans[label] * _texture(random, size),
        "ve": ve[label] * _texture(random, size),
        "vp": vp[label] * _texture(random, size),
        "transit": transit[label] * _texture(random, size),
        "t10": native[label] * np.sqrt(_texture(random, size)),
    }
    for _ in range(int(random.integers(0, 5))):
        _put_lesion(random, size, maps)
    if point_spread > 0:
        maps = {name: gaussian_filter(values, point_spread) for name, values in maps.items()}
    maps["ve"] = np.clip(maps["ve"], 0.01, 1.0)
    maps["ktrans"] = np.clip(maps["ktrans"], 0, np.minimum(_LARGEST_KEP * maps["ve"], 3))
    maps["vp"] = np.clip(maps["vp"], _VP[0] * plasma, 0.5)
    flow = maps["vp"] / maps.pop("transit") * SECONDS_PER_MINUTE
    maps["fp"] = np.maximum(flow, maps["ktrans"] / _LARGEST_EXTRACTION)
    return SceneMaps(**maps)


def smooth_field(random: np.random.Generator, size: int) -> Float[np.ndarray, "x y"]:
    """Random field of mean 0 and standard deviation 1, smooth over the scene."""
    return _fractal(random, size, 2 * _EXPONENT[1])


def _labels(random: np.random.Generator, size: int, count: int) -> Int[np.ndarray, "x y"]:
    """Region of each voxel: where one of several fractal fields is the highest."""
    exponent = random.uniform(1.5, 3.0)
    return np.argmax([_fractal(random, size, exponent) for _ in range(count)], axis=0)


def _texture(random: np.random.Generator, size: int) -> Float[np.ndarray, "x y"]:
    """A factor about 1 that varies within regions, smoothly or from voxel to voxel."""
    depth = random.choice([0.0, random.uniform(0.02, 0.4)])
    field = _fractal(random, size, random.uniform(0.0, _EXPONENT[1]))
    return np.exp(depth * field)


def _put_lesion(
    random: np.random.Generator, size: int, maps: dict[str, Float[np.ndarray, "x y"]]
) -> None:
    """Change the tissue in a small disc."""
    centre, radius = random.uniform(0, size, 2), _log_uniform(random, _LESION, 1)
    x, y = np.mgrid[:size, :size]
    inside = np.hypot(x - centre[0], y - centre[1]) <= radius
    for name in ("ktrans", "ve", "vp"):
        maps[name][inside] *= np.exp(random.uniform(-1, 1) * _LARGEST_CONTRAST)
    maps["ktrans"][inside] += random.choice([0.0, random.uniform(0, 0.3)])


def _fractal(random: np.random.Generator, size: int, exponent: float) -> Float[np.ndarray, "x y"]:
    """Random field of mean 0 and standard deviation 1 whose power falls with the frequency."""
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(size), np.fft.fftfreq(size)))
    frequency[0, 0] = np.inf
    spectrum = np.fft.fft2(random.standard_normal((size, size))) / frequency ** (exponent / 2)
    field = np.fft.ifft2(spectrum).real
    return (field - field.mean()) / field.std()


def _log_uniform(
    random: np.random.Generator, limits: tuple[float, float], count: int
) -> Float[np.ndarray, " count"]:
    low, high = np.log(limits)
    return np.exp(random.uniform(low, high, count))
