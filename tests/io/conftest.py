"""A small oblique case with uneven frame times, and tools to write and damage it."""

from collections.abc import Callable
from dataclasses import replace
from math import cos, radians, sin
from pathlib import Path

import numpy as np
import pydicom
import pytest

from gadmap.data import Acquisition, Aif, DceSeries, Exam, FlipAngleSeries, ParameterMaps
from gadmap.io import write_dicom

TR, TE, FIELD = 0.00443, 0.0013, 1.5
T = np.array([0.0, 4.75, 9.6, 15.125, 33.5])


def acquisition(degrees: float) -> Acquisition:
    return Acquisition(tr=TR, flip_angle=radians(degrees), te=TE, field_strength=FIELD)


def oblique_affine() -> np.ndarray:
    """Turned about two axes, 1.5 x 2 x 5 mm, far from the origin."""
    a, b = 0.3, -0.5
    about_z = np.array([[cos(a), -sin(a), 0], [sin(a), cos(a), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, cos(b), -sin(b)], [0, sin(b), cos(b)]])
    affine = np.eye(4)
    affine[:3, :3] = about_z @ about_x @ np.diag([1.5, 2.0, 5.0])
    affine[:3, 3] = (-40.5, 12.25, 77.125)
    return affine


@pytest.fixture
def series() -> DceSeries:
    rng = np.random.default_rng(1)
    signal = rng.uniform(10, 900, (8, 6, 3, T.size)).astype(np.float32)
    return DceSeries(
        signal=signal,
        t=T,
        affine=oblique_affine(),
        acquisition=acquisition(25),
        time_source="written",
        description="dyn",
        relaxivity=4.5,
        hct=0.42,
        injection_frame=2,
    )


@pytest.fixture
def vfa(series: DceSeries) -> FlipAngleSeries:
    rng = np.random.default_rng(2)
    return FlipAngleSeries(
        signal=rng.uniform(10, 500, (*series.grid, 3)).astype(np.float32),
        acquisitions=tuple(acquisition(degrees) for degrees in (5, 15, 25)),
        affine=series.affine,
    )


@pytest.fixture
def dicom_folder(tmp_path: Path, series: DceSeries, vfa: FlipAngleSeries) -> Path:
    """The case with its flip-angle volumes, as Siemens writes it."""
    write_dicom(tmp_path / "case", series, vfa)
    return tmp_path / "case"


@pytest.fixture
def dynamic_folder(tmp_path: Path, series: DceSeries) -> Path:
    """The dynamic series alone."""
    write_dicom(tmp_path / "case", series)
    return tmp_path / "case"


Change = Callable[[pydicom.Dataset], None]


@pytest.fixture
def edit() -> Callable[[Path, Change], None]:
    """Change the header of each DICOM file below a folder."""

    def edit_files(folder: Path, change: Change) -> None:
        files = [folder] if folder.is_file() else sorted(folder.rglob("*.dcm"))
        for file in files:
            dataset = pydicom.dcmread(file)
            change(dataset)
            dataset.save_as(file)

    return edit_files


@pytest.fixture
def exam(series: DceSeries) -> Exam:
    t10 = np.linspace(0.5, 2, np.prod(series.grid)).reshape(series.grid).astype(np.float32)
    return Exam(
        series=series,
        t10=t10,
        t10_se=np.zeros_like(t10),
        t10_source="3 flip angles",
        b1=np.ones_like(t10),
        b1_source="assumed 1",
        aif=Aif(
            t=T,
            plasma=np.array([0.0, 0.0, 5.1, 1 / 3, 0.7]),
            source="auto: 2 voxels",
            voxels=np.array([[1, 2, 0], [1, 3, 0]]),
            rationale=("early and high",),
        ),
        mask=t10 > 0.6,
        mask_source="auto",
        baseline_frames=2,
        relaxivity=4.5,
        hct=0.42,
        assumptions=("B1 was assumed 1",),
    )


@pytest.fixture
def maps(exam: Exam) -> ParameterMaps:
    rng = np.random.default_rng(3)
    valid = exam.mask

    def random_map() -> np.ndarray:
        return np.where(valid, rng.uniform(0, 1, valid.shape), np.nan).astype(np.float32)

    return ParameterMaps(
        values={name: random_map() for name in ("ktrans", "ve", "kep", "r2")},
        standard_error={name: random_map() for name in ("ktrans", "ve")},
        valid=valid,
        reason=np.where(valid, 0, 1).astype(np.uint8),
        affine=exam.series.affine,
        estimator="least-squares",
        model="tofts",
        settings={"bounds": {"kep": (0.0, np.inf)}, "weights": None},
    )


@pytest.fixture
def moved(series: DceSeries) -> DceSeries:
    """The series on a grid 3 mm away."""
    affine = series.affine.copy()
    affine[0, 3] += 3
    return replace(series, affine=affine)
