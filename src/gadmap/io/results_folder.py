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
    """A new folder to write into, which becomes `out` when all is written.

    It lies beside `out`, or inside where `out` exists: that may be the place where a disk is
    mounted, which cannot be renamed. If anything fails, the new folder is removed and what `out`
    held stays as it was. A small file in it lists what was written: only such files are ever
    replaced.

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
    new = not out.exists()
    part = (out.parent if new else out) / f".gadmap-{secrets.token_hex(4)}.part"
    created: list[Path] = []
    try:
        for folder in _missing_parents(out):
            _make(folder, out)
            created.append(folder)
        _make(part, out)
        yield part
        _write_manifest(part)
        if new:
            part.rename(out)
        else:
            _exchange(part, out)
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        for folder in reversed(created):
            folder.rmdir()
        if isinstance(error, OSError):
            _explain(error, out)
        raise


def _require_free(out: Path, overwrite: bool) -> None:
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise FileExistsError(f"{out}: is a file or link; expected a folder for the results")
    if not out.exists() or not any(out.iterdir()):
        return
    strangers = strangers_in(out)
    if strangers:
        raise FileExistsError(
            f"{out}: holds files that gadmap did not write, {', '.join(strangers[:3])}"
            f"{' and more' if len(strangers) > 3 else ''}; choose another folder"
        )
    if not overwrite:
        raise FileExistsError(
            f"{out}: holds results already; choose another folder or add --overwrite"
        )


def strangers_in(folder: Path) -> list[str]:
    """Names of the files in a folder that gadmap did not write."""
    return sorted(_files(folder) - _manifest(folder))


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


def _missing_parents(out: Path) -> list[Path]:
    """Folders above `out` that are to be made, the highest first."""
    return [folder for folder in reversed(out.parents) if not folder.exists()]


def _make(folder: Path, out: Path) -> None:
    try:
        folder.mkdir()
    except OSError as error:
        if error.errno in _FULL:
            raise
        if error.errno in _CLOSED:
            fault = f"{folder.parent} is not writable ({error.strerror})"
            raise PermissionError(f"{out}: {fault}; choose another folder") from error
        raise OSError(
            f"{out}: a folder cannot be made there ({error.strerror}); choose another place"
        ) from error


def _exchange(part: Path, out: Path) -> None:
    """Put what `part` holds into `out` in place of what that held; undone if anything fails."""
    old = part.with_suffix(".old")
    old.mkdir()
    moves = [(file, old / file.name) for file in out.iterdir() if file not in (part, old)]
    moves += [(file, out / file.name) for file in part.iterdir()]
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in moves:
            source.rename(target)
            done.append((source, target))
    except BaseException:
        for source, target in reversed(done):
            target.rename(source)
        old.rmdir()
        raise
    part.rmdir()
    shutil.rmtree(old)


def _explain(error: OSError, out: Path) -> None:
    """Raise one clear line for a disk that filled up or a place that was closed meanwhile."""
    if error.errno in _FULL:
        raise OSError(  # with its number, so that the folder around a folder explains it anew
            error.errno,
            f"{out}: {_FULL[error.errno]}; nothing was written. Free some space or choose another "
            "folder",
        ) from error
    place = Path(error.filename or out.parent)
    if error.errno in _CLOSED and place.is_relative_to(out.parent):
        raise PermissionError(
            f"{out}: {place} is not writable ({error.strerror}); choose another folder"
        ) from error
