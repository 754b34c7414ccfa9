"""
Adding a public dataset
=======================

An archive delivers folders of its own shape. A dataset tells how to recognise them and which examinations they hold; reading
is done by the readers that are there. Here the archive is made up: two phantoms as DICOM, a folder a patient.
"""

import tempfile
from pathlib import Path

import pydicom

from gadmap.io import write_dicom
from gadmap.io.datasets import DATASETS, Dataset, Examination
from gadmap.io.datasets.examination import SeriesPath
from gadmap.io.datasets.series_folders import series_folders
from gadmap.phantoms import patient_case, phantom_of
from gadmap.pipeline import info

archive = tempfile.TemporaryDirectory()
for number in (1, 2):
    phantom = phantom_of(patient_case(0, number, matrix=64, slices=3, frames=40))
    folder = Path(archive.name) / f"subject-{number}"
    write_dicom(folder, phantom.exam.series, phantom.vfa)
    for file in filter(Path.is_file, folder.rglob("*")):  # as the archive would call them
        image = pydicom.dcmread(file)
        image.PatientID = f"MADEUP-{number:03d}"
        image.save_as(file)

# %%
# What recognises it is a header, since folders are renamed. PatientIDs tell patients apart and appear nowhere else: examinations get running labels.


def holds(root: Path) -> bool:
    """True where the first series of a folder is of the archive."""
    return any(one.patient_id.startswith("MADEUP-") for one in list(series_folders(root))[:1])


def examinations(root: Path) -> tuple[Examination, ...]:
    """Every patient's visit, with the folders of its series."""
    folders = [one for one in series_folders(root) if one.patient_id.startswith("MADEUP-")]
    patients = sorted({one.patient_id for one in folders})
    return tuple(
        Examination(
            patient=f"madeup-{count:02d}",
            visit=1,
            series=tuple(
                SeriesPath(path=one.path, description=one.description)
                for one in folders
                if one.patient_id == patient
            ),
        )
        for count, patient in enumerate(patients, start=1)
    )


made_up = Dataset(name="made-up", title="MADE UP", holds=holds, examinations=examinations)
DATASETS[made_up.name] = made_up

# %%
# In the package that is a file in ``io/datasets`` and a line in ``DATASETS`` there. From then on ``gadmap info`` lists its examinations,
# ``gadmap reproduce --data`` and ``gadmap train --data`` take the folder.

collection = info(archive.name)
for examination in collection.examinations:
    print(f"{examination.patient}, visit {examination.visit}: {examination.summary}")

# %%
# Each is read when it is asked for:

series, flip_angles = examinations(Path(archive.name))[0].read()
archive.cleanup()
print(series.signal.shape, series.time_source)
print(flip_angles.signal.shape)
