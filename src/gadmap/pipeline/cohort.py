"""`gadmap phantom --cohort`: patients with known truth, a folder each, and a table of them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gadmap.io import results_folder
from gadmap.io.strict_json import plain, write_json
from gadmap.phantoms import PRIORS, Case, drawn_values, patient_case, phantom_of
from gadmap.pipeline.cohort_folder import (
    CASE,
    COLUMNS,
    TABLE,
    patients_there,
    remove_cohort,
    require_cohort_or_nothing,
)
from gadmap.pipeline.inputs import PathLike
from gadmap.pipeline.phantom import FileFormat, Vendor, write_examination
from gadmap.pipeline.stages import Stages, Watch, unwatched


@dataclass(frozen=True, kw_only=True)
class CohortFiles:
    """Where a cohort lies.

    Attributes
    ----------
    table
        `cohort.tsv`: a row a patient with the values that were drawn; units in `cohort.json`.
    patients
        A folder a patient, as `write_phantom` writes it, with everything drawn in `case.json`.
    kept
        How many of them an earlier, unfinished run had written.
    """

    table: Path
    patients: tuple[Path, ...]
    kept: int


@dataclass(frozen=True)
class _Patient:
    """A patient to be there: its folder, its case and what `case.json` is to hold."""

    folder: Path
    case: Case
    record: dict[str, Any]


def write_cohort(
    out: PathLike,
    count: int,
    seed: int = 0,
    *,
    file_format: FileFormat = "dicom",
    vendor: Vendor = "siemens",
    priors: str = "rider",
    matrix: int = 256,
    slices: int = 16,
    frames: int = 65,
    motion: bool = True,
    overwrite: bool = False,
    watch: Watch = unwatched,
) -> CohortFiles:
    """Write `count` patients with known truth, `out/patient-001` and so on, and `out/cohort.tsv`.

    A patient's folder is there completely or not at all, and the table is written last: a run that
    was stopped goes on where it was when it is started again with the same choices. `overwrite`
    removes an earlier cohort before the first patient is made.

    Raises
    ------
    ValueError
        If there are no patients, no such priors, or the size makes no phantom.
    FileExistsError
        If `out` holds a finished cohort, or patients of another one, and `overwrite` is false; or
        other files.
    OSError
        If the output cannot be written.
    """
    if count < 1:
        raise ValueError(f"a cohort of {count} patients; expected at least 1")
    if priors not in PRIORS:
        raise ValueError(f"no priors {priors!r}; there are {', '.join(PRIORS)}")
    stages, out = Stages(watch), Path(out)
    written_as = {"format": file_format, "vendor": vendor if file_format == "dicom" else None}
    patients = []
    for index in range(count):
        case = patient_case(
            seed,
            index,
            priors=PRIORS[priors],
            matrix=matrix,
            slices=slices,
            frames=frames,
            motion=motion,
        )
        drawn_from = {"cohort_seed": seed, "patient": index + 1, "priors": priors}
        record = plain(drawn_from | written_as | {"case": asdict(case)})
        patients.append(_Patient(out / f"patient-{index + 1:03d}", case, record))
    require_cohort_or_nothing(out)
    if overwrite:
        remove_cohort(out)
    there = patients_there(out, {patient.folder: patient.record for patient in patients})
    with stages.stage("cohort") as progress:
        for done, patient in enumerate(patients, start=1):
            if patient.folder not in there:
                _write_patient(patient, file_format, vendor)
            if progress:
                progress(done, count)
    _write_table(out, patients)
    return CohortFiles(
        table=out / TABLE,
        patients=tuple(patient.folder for patient in patients),
        kept=len(there),
    )


def _write_patient(patient: _Patient, file_format: FileFormat, vendor: Vendor) -> None:
    with results_folder(patient.folder) as folder:
        write_examination(folder, phantom_of(patient.case), file_format, vendor)
        write_json(folder / CASE, patient.record)


def _write_table(out: Path, patients: Sequence[_Patient]) -> None:
    """A row a patient, and the unit of every column."""
    rows = [drawn_values(patient.case) for patient in patients]
    units = {"patient": "", **{drawn.name: drawn.unit for drawn in rows[0]}}
    write_json(out / COLUMNS, {name: {"unit": unit} for name, unit in units.items()})
    lines = ["\t".join(units)]
    for patient, row in zip(patients, rows, strict=True):
        lines.append("\t".join((patient.folder.name, *(repr(drawn.value) for drawn in row))))
    half_written = out / f".gadmap-{TABLE}.part"
    half_written.write_text("\n".join(lines) + "\n", encoding="utf-8")
    half_written.replace(out / TABLE)
