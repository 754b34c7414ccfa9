"""A folder of results that is there completely or not at all."""

import errno
import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MANIFEST = ".gadmap.json"
_FULL = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the disk quota is used up"}

_CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)


@contextmanager
def results_folder(out: str | Path, overwrite: bool = False) -> Iterator[Path]:
    """A new folder beside `out` to write into; it takes `out`'s place when all is written.

    If anything fails inside, the new folder is removed and what `out` held stays as it was. A
    small file in it lists what was written: only such a folder is ever replaced.

    Parameters
    ----------
    overwrite
        Replace a folder that gadmap wrote, provided that nothing else was put into it.

    Raises
    ------
    FileExistsError
        If `out` is a file, or holds results and `overwrite` is false, or holds other files.
    OSError
        If the place is not writable or the disk is full.
    """
    out = Path(out)
    _require_free(out, overwrite)
    created = _make_parents(out)
    part = out.parent / f".{out.name or 'out'}-{secrets.token_hex(4)}.part"
    try:
        part.mkdir()
        yield part
        _write_manifest(part)
        _put_in_place(part, out)
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        for folder in created:
            folder.rmdir()
        if isinstance(error, OSError):
            _explain(error, out)
        raise


def _require_free(out: Path, overwrite: bool) -> None:
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise FileExistsError(f"{out}: is a file or link; expected a folder for the results")
    if not out.exists() or not any(out.iterdir()):
        return
    strangers = sorted(_files(out) - _manifest(out))
    if strangers:
        raise FileExistsError(
            f"{out}: holds files that gadmap did not write, {', '.join(strangers[:3])}"
            f"{' and more' if len(strangers) > 3 else ''}; choose another folder"
        )
    if not overwrite:
        raise FileExistsError(
            f"{out}: holds results already; choose another folder or add --overwrite"
        )


def _files(folder: Path) -> set[str]:
    found = (file for file in folder.rglob("*") if not file.is_dir() or file.is_symlink())
    return {file.relative_to(folder).as_posix() for file in found}


def _manifest(folder: Path) -> set[str]:
    """Names that gadmap wrote into a folder; none where it did not write it."""
    file = folder / MANIFEST
    if not file.is_file():
        return set()
    try:
        return {MANIFEST, *json.loads(file.read_text(encoding="utf-8"))["files"]}
    except (ValueError, KeyError, TypeError) as error:
        raise FileExistsError(f"{file}: damaged; choose another folder") from error


def _write_manifest(folder: Path) -> None:
    record = {"written by": "gadmap", "files": sorted(_files(folder) - {MANIFEST})}
    (folder / MANIFEST).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _make_parents(out: Path) -> list[Path]:
    """Folders above `out` that were missing, the deepest first."""
    missing = [folder for folder in out.parents if not folder.exists()]
    try:
        for folder in reversed(missing):
            folder.mkdir()
    except OSError as error:
        raise type(error)(f"{out.parent}: cannot be made ({error.strerror})") from error
    return missing


def _put_in_place(part: Path, out: Path) -> None:
    if not out.exists():
        part.rename(out)
        return
    old = part.with_suffix(".old")
    out.rename(old)
    try:
        part.rename(out)
    except BaseException:
        old.rename(out)
        raise
    shutil.rmtree(old)


def _explain(error: OSError, out: Path) -> None:
    """Raise one clear line for a disk that is full or a place that is not writable."""
    if error.errno in _FULL:
        raise OSError(
            f"{out}: {_FULL[error.errno]}; nothing was written. Free some space or choose another "
            "folder"
        ) from error
    place = Path(error.filename or out.parent)
    if error.errno in _CLOSED and place.is_relative_to(out.parent):
        raise PermissionError(
            f"{out}: {place} is not writable ({error.strerror}); choose another folder"
        ) from error
