"""Curves, signals and maps of known truth from public collections, as the tests read them too.

OSIPI's code collection (OSIPI/DCE-DSC-MRI_CodeCollection, Apache-2.0) and QIBA's digital reference
object of version 6 (as in davidssmith/DCEMRI.jl, MIT).
"""

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.io import loadmat

BESIDE = Path(__file__).parents[2] / "shared" / "data"
TOLERANCE = {  # absolute, relative
    "ktrans": (0.005, 0.1),
    "ve": (0.05, 0.0),
    "vp": (0.025, 0.0),
    "fp": (5.0, 0.1),
    "ps": (0.005, 0.1),
    "r1": (0.05, 0.05),
    "concentration": (1e-5, 1e-5),
    "blood": (1e-4, 0.01),
}
"""What OSIPI's own tests grant, |found - reference| <= absolute + relative |reference|."""


class MissingDataError(Exception):
    """The reference data are not there."""


@dataclass(frozen=True)
class CurveSet:
    """A file of tissue curves with their truth.

    Attributes
    ----------
    title
        What OSIPI calls it.
    file
        Name of the file.
    model
        Kinetic model that made the curves.
    curve, plasma
        Columns of tissue and plasma concentration [mmol/L].
    truth
        Quantity to its column.
    cases
        How many there are.
    """

    title: str
    file: str
    model: str
    curve: str
    plasma: str
    truth: dict[str, str]
    cases: int


@dataclass(frozen=True)
class CurveGroup:
    """Curves of one set under one plasma curve.

    Attributes
    ----------
    t, plasma
        Times [s], and plasma concentration there [mmol/L].
    curves
        Tissue concentration [mmol/L], a row a case.
    truth
        Quantity to its value in each case.
    """

    t: np.ndarray
    plasma: np.ndarray
    curves: np.ndarray
    truth: dict[str, np.ndarray]


CURVE_SETS = (
    CurveSet(
        *("Tofts (QIBA v11 object)", "dce_DRO_data_tofts.csv", "tofts", "C", "ca"),
        {"ktrans": "Ktrans", "ve": "ve"},
        25,
    ),
    CurveSet(
        *("extended Tofts", "dce_DRO_data_extended_tofts.csv", "extended-tofts", "C", "ca"),
        {"ktrans": "Ktrans", "ve": "ve", "vp": "vp"},
        15,
    ),
    CurveSet(  # OSIPI's ps is Patlak's ktrans
        *("Patlak, noisy", "patlak_sd_0.02_delay_0.csv", "patlak", "C_t", "cp_aif"),
        {"ktrans": "ps", "vp": "vp"},
        9,
    ),
    CurveSet(
        *("2CXM, noisy", "2cxm_sd_0.001_delay_0.csv", "2cxm", "C_t", "cp_aif"),
        {"fp": "fp", "ps": "ps", "ve": "ve", "vp": "vp"},
        24,
    ),
)
POPULATIONS = {"parker": "ParkerAIF_ref.csv", "georgiou": "GeorgiouAIF_ref.csv"}


def reference_folder() -> Path:
    """Folder of the reference data: $GADMAP_DATA, or data in the folder shared beside the code.

    Raises
    ------
    MissingDataError
        If there is no such folder.
    """
    folder = Path(os.environ.get("GADMAP_DATA") or BESIDE)
    if not folder.is_dir():
        raise MissingDataError(f"no reference data: {folder} does not exist; set GADMAP_DATA")
    return folder


def allowed(name: str, reference: np.ndarray) -> np.ndarray:
    """What OSIPI's tests allow a quantity to differ from its reference."""
    absolute, relative = TOLERANCE[name]
    return absolute + relative * np.abs(reference)


def curve_groups(folder: Path, chosen: CurveSet) -> list[CurveGroup]:
    """The cases of a set, those of one plasma curve together."""
    groups: dict[tuple[str, str], list[dict[str, str]]] = {}
    for case in _rows(folder / "osipi" / chosen.file):
        groups.setdefault((case["t"], case[chosen.plasma]), []).append(case)
    return [
        CurveGroup(
            t=numbers(t),
            plasma=numbers(plasma),
            curves=np.stack([numbers(case[chosen.curve]) for case in cases]),
            truth={
                name: np.array([float(case[column]) for case in cases])
                for name, column in chosen.truth.items()
            },
        )
        for (t, plasma), cases in groups.items()
    ]


def signal_cases(folder: Path) -> list[dict[str, str]]:
    """Signals with the concentration that they tell: FA [degrees], TR, T1base [s], r1, s, conc."""
    return _rows(folder / "osipi" / "SI2Conc_data.csv")


def t1_cases(folder: Path) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, float]]:
    """Flip angles [degrees], TR [s], signals and reference R1 [1/s] of voxels of brain."""
    for row in _rows(folder / "osipi" / "t1_brain_data.csv"):
        yield numbers(row["FA"]), numbers(row["TR"]), numbers(row["s"]), float(row["R1"])


def population_curve(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Times since the onset [min] and concentration in blood [mmol/L] of a population."""
    rows = _rows(folder / "osipi" / POPULATIONS[name])
    minutes, blood = zip(*((float(row["time"]), float(row["Cb"])) for row in rows), strict=True)
    return np.array(minutes), np.array(blood)


@dataclass(frozen=True)
class QibaObject:
    """QIBA's Tofts object of version 6: whole-number signals of 6 ktrans by 5 ve.

    Attributes
    ----------
    t, plasma
        Times [s], and plasma concentration there [mmol/L].
    signal
        Of (ktrans, ve, time) [a.u.]; the first frame is before contrast.
    r10
        Native rate [1/s] of (ktrans, ve).
    flip_angle, tr, relaxivity
        [rad], [s], [1/s per mmol/L].
    truth
        "ktrans" [1/min] and "ve" of (ktrans, ve).
    """

    t: np.ndarray
    plasma: np.ndarray
    signal: np.ndarray
    r10: np.ndarray
    flip_angle: float
    tr: float
    relaxivity: float
    truth: dict[str, np.ndarray]


def qiba_object(folder: Path) -> QibaObject:
    """The object, read."""
    data = loadmat(folder / "qiba" / "qiba6.mat")
    ktrans, ve = np.meshgrid([0.01, 0.02, 0.05, 0.1, 0.2, 0.35], [0.01, 0.05, 0.1, 0.2, 0.5])
    return QibaObject(
        t=data["t"][0],
        plasma=data["Cp"][0],
        signal=np.moveaxis(data["DCEdata"], 0, -1),
        r10=data["R10"],
        flip_angle=float(np.radians(float(data["DCEflip"].item()))),
        tr=float(data["TR"].item()),
        relaxivity=float(data["relaxivity"].item()),
        truth={"ktrans": ktrans.T, "ve": ve.T},
    )


def numbers(text: str) -> np.ndarray:
    """Numbers with spaces between."""
    return np.array([float(word) for word in text.split()])


def _rows(file: Path) -> list[dict[str, str]]:
    csv.field_size_limit(1 << 26)
    with file.open(encoding="utf-8-sig", newline="") as table:
        return list(csv.DictReader(table))
