"""The smallest examination that every reader takes: 4 x 4 voxels in one slice, 5 frames."""

from math import radians
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from gadmap.data import Acquisition, Aif, DceSeries, Exam, ParameterMaps
from gadmap.io import write_maps

GRID, T = (4, 4, 1), np.array([0.0, 5.0, 10.5, 15.0, 22.0])


def small_series() -> DceSeries:
    """A series of random whole numbers."""
    rng = np.random.default_rng(0)
    return DceSeries(
        signal=rng.integers(0, 999, (*GRID, T.size)).astype(np.float32),
        t=T,
        affine=np.diag([2.0, 2.0, 5.0, 1.0]),
        acquisition=Acquisition(tr=0.005, flip_angle=radians(20), te=0.002, field_strength=1.5),
        time_source="FrameTimesStart",
        description="dyn",
    )


def small_exam() -> Exam:
    """The series with all that an estimator needs."""
    return Exam(
        series=small_series(),
        t10=np.full(GRID, 1.2, np.float32),
        t10_se=np.zeros(GRID, np.float32),
        t10_source="assumed 1.2 s",
        b1=np.ones(GRID, np.float32),
        b1_source="assumed 1",
        aif=Aif(
            t=T,
            plasma=np.array([0.0, 0.0, 5.0, 2.0, 1.0]),
            source="auto: 1 voxel",
            voxels=np.array([[1, 2, 0]]),
        ),
        mask=np.ones(GRID, dtype=bool),
        mask_source="none",
        baseline_frames=2,
        relaxivity=4.5,
        hct=0.42,
    )


def small_maps() -> ParameterMaps:
    """Maps of that examination."""
    ramp = np.linspace(0.1, 0.9, 16, dtype=np.float32).reshape(GRID)
    return ParameterMaps(
        values={"ktrans": ramp, "ve": ramp, "kep": ramp, "r2": ramp},
        standard_error={"ktrans": 0.1 * ramp, "ve": 0.1 * ramp},
        valid=np.ones(GRID, dtype=bool),
        reason=np.zeros(GRID, np.uint8),
        affine=np.diag([2.0, 2.0, 5.0, 1.0]),
        estimator="least-squares",
        model="tofts",
        settings={"bounds": {"ktrans": (0.0, 5.0)}, "weights": None},
    )


def results_files() -> dict[str, bytes]:
    """A results folder: name below it to content."""
    with TemporaryDirectory() as folder:
        write_maps(Path(folder) / "out", small_maps(), small_exam(), {"cautions": ()})
        out = Path(folder) / "out"
        return {
            file.relative_to(out).as_posix(): file.read_bytes()
            for file in sorted(out.rglob("*"))
            if file.is_file()
        }


def put(folder: Path, files: dict[str, bytes]) -> None:
    """Write files into a folder."""
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
