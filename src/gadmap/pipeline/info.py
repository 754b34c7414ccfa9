"""`gadmap info`: what is in a folder or file, be it one examination or a public dataset."""

from dataclasses import dataclass
from pathlib import Path

from gadmap.io import Description, describe, files_below
from gadmap.io.datasets import Inspection, dataset_of
from gadmap.pipeline.inputs import PathLike
from gadmap.pipeline.stages import Watch, unwatched


@dataclass(frozen=True, kw_only=True)
class Collection:
    """Several examinations of a public dataset.

    Attributes
    ----------
    dataset
        What its publishers call it.
    examinations
        What the headers of each tell, by patient and visit.
    """

    dataset: str
    examinations: tuple[Inspection, ...]

    @property
    def patients(self) -> int:
        """Number of patients."""
        return len({one.patient for one in self.examinations})

    @property
    def unreadable(self) -> int:
        """Number of examinations that cannot be read."""
        return sum(bool(one.problem) for one in self.examinations)


def numbered_file(source: PathLike, number: int) -> Path:
    """The file that messages call by that number; in the order of names, from 1.

    Messages never tell it: archives give files and folders the names of patients.

    Raises
    ------
    FileNotFoundError
        If there is no such input.
    ValueError
        If it holds fewer files.
    """
    files = files_below(Path(source))
    if not 1 <= number <= len(files):
        raise ValueError(f"no file {number} of {len(files)}; expected 1 to {len(files)}")
    return files[number - 1]


def info(
    source: PathLike, *, frame_step: float | None = None, watch: Watch = unwatched
) -> Description | Collection:
    """The series of one examination, or the examinations of a public dataset.

    Parameters
    ----------
    source
        DICOM folder, 4-D NIfTI file, or the folder of a dataset.
    frame_step
        Seconds between frames, for files that do not tell.
    watch
        Told of each stage as it begins.

    Raises
    ------
    ValueError, OSError
        If there is nothing that can be read; what is wrong with single series or examinations is
        in the result.
    """
    dataset = dataset_of(source)
    examinations = dataset.examinations(Path(source)) if dataset else ()
    if dataset is None or len(examinations) < 2:
        return describe(source, frame_step=frame_step)
    if frame_step is not None:
        raise ValueError(
            f"--frame-step is for one examination; {len(examinations)} of {dataset.title} are here"
        )
    inspections = []
    with watch("headers") as progress:
        for done, one in enumerate(examinations, start=1):
            inspections.append(one.inspect())
            if progress:
                progress(done, len(examinations))
    return Collection(dataset=dataset.title, examinations=tuple(inspections))
