"""Valid containers, with what a test wants changed."""

from math import radians

import numpy as np

from gadmap.data import Acquisition, Aif, DceSeries, Exam, FlipAngleSeries, ParameterMaps

GRID = (3, 2, 1)
FRAMES = 6


def no_voxels():
    return np.empty((0, 3), dtype=np.int64)


def acquisition(degrees=25.0):
    return Acquisition(tr=4.43e-3, flip_angle=radians(degrees))


def series(**changed):
    valid = {
        "signal": np.ones((*GRID, FRAMES), dtype=np.float32),
        "t": 5.0 * np.arange(FRAMES),
        "affine": np.eye(4),
        "acquisition": acquisition(),
        "time_source": "test",
    }
    return DceSeries(**valid | changed)


def flip_angles(**changed):
    signal = np.arange(18, dtype=np.float32).reshape(*GRID, 3)
    valid = {
        "signal": signal,
        "acquisitions": tuple(acquisition(degrees) for degrees in (5, 15, 30)),
        "affine": np.eye(4),
    }
    return FlipAngleSeries(**valid | changed)


def aif(**changed):
    valid = {
        "t": 5.0 * np.arange(FRAMES),
        "plasma": np.array([0.0, 0.0, 5.0, 3.0, 2.0, 1.0]),
        "source": "test",
        "voxels": no_voxels(),
    }
    return Aif(**valid | changed)


def exam(**changed):
    valid = {
        "series": series(),
        "t10": np.ones(GRID),
        "t10_se": np.zeros(GRID),
        "t10_source": "test",
        "b1": np.ones(GRID),
        "b1_source": "test",
        "aif": aif(),
        "mask": np.ones(GRID, dtype=bool),
        "mask_source": "test",
        "baseline_frames": 2,
        "relaxivity": 4.5,
        "hct": 0.42,
    }
    return Exam(**valid | changed)


def maps(**changed):
    valid = {
        "values": {"ktrans": np.full(GRID, 0.1), "ve": np.full(GRID, 0.2)},
        "standard_error": {},
        "valid": np.ones(GRID, dtype=bool),
        "reason": np.zeros(GRID, dtype=np.uint8),
        "affine": np.eye(4),
        "estimator": "test",
        "model": "tofts",
        "settings": {},
    }
    return ParameterMaps(**valid | changed)
