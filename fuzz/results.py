"""A results folder: maps.json, the record of the kept examination, the list of files."""

from functools import cache
from pathlib import Path

from fuzz.case import put, results_files
from fuzz.target import Target
from gadmap.io import EXAM_FOLDER, read_exam, read_maps, read_maps_record, strangers_in
from gadmap.report import estimator_remarks

_FILES = ("maps.json", f"{EXAM_FOLDER}/exam.json", ".gadmap.json")


@cache
def _results() -> dict[str, bytes]:
    return results_files()


def seeds() -> list[bytes]:
    """Each record, after a byte that says which it is."""
    return [bytes([48 + i]) + _results()[name] for i, name in enumerate(_FILES)]


def read(data: bytes, folder: Path) -> None:
    """Read maps and examination with one of the records replaced."""
    name = _FILES[data[0] % len(_FILES)] if data else _FILES[0]
    put(folder, {**_results(), name: data[1:]})
    read_maps_record(folder)
    strangers_in(folder)
    estimator_remarks(read_maps(folder))
    read_exam(folder / EXAM_FOLDER)


TARGET = Target(
    name="results",
    seeds=seeds,
    read=read,
    words=(
        b"NaN", b"1e999", b"null", b"true", b"[[", b"{}", b"[]", b'"../../x"', b'"/etc/passwd"',
        b'"ktrans"', b'"maps"', b'"file"', b'"voxels"', b"9" * 40, b'"reason_file"',
    ),
)  # fmt: skip
