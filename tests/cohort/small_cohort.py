"""A few small examinations of different noise, and the table of them."""

from dataclasses import dataclass
from pathlib import Path

from disc import disc_scan
from gadmap.io import write_nifti


@dataclass(frozen=True)
class SmallCohort:
    """Folder of discs as NIfTI and the table of them."""

    folder: Path
    table: Path
    names: tuple[str, ...]


def small_cohort(folder: Path, count: int, lines: str = "") -> SmallCohort:
    """`count` examinations of a noisy disc, two visits of a participant one after the other."""
    rows = ["exam,input,participant,session"]
    names = []
    for number in range(count):
        names.append(f"exam-{number + 1:02d}")
        series, flips = disc_scan(noise=1.0 + number)
        write_nifti(folder / names[-1], series, flips)
        rows.append(f"{names[-1]},{names[-1]}/dce.nii.gz,{number // 2 + 1},{number % 2 + 1}")
    table = folder / "exams.csv"
    table.write_text("\n".join(rows) + "\n" + lines)
    return SmallCohort(folder, table, tuple(names))
