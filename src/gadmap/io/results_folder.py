"""A folder of results that is there completely or not at all."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from gadmap.io.exchange import LOCK, exchange, finish_exchange
from gadmap.io.manifest import files_in, manifest_names, write_manifest

_FULL = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the disk quota is used up"}

_CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)

_OWN = ".gadmap"


@contextmanager
def results_folder(out: str | Path, overwrite: bool = False) -> Iterator[Path]:
    """A new folder to write into, which becomes `out` when all is written.

    It lies beside `out`, or inside where `out` exists: that may be the place where a disk is
    mounted, which cannot be renamed. If anything fails, the new folder is removed and what `out`
    held stays as it was; after a crash the next run sees to that. A manifest in it, written last,
    lists what was written: only such files are ever replaced. A lock keeps a second run away.

    Parameters
    ----------
    overwrite
        Replace a folder that gadmap wrote, provided that nothing else was put into it.

    Raises
    ------
    FileExistsError
        If `out` is a file, or holds results and `overwrite` is false, or holds other files.
    BlockingIOError
        If another run is writing there.
    OSError
        If the place is not writable or the disk is full.
    """
    out = Path(out)
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise FileExistsError(f"{out}: is a file or link; expected a folder for the results")
    created: list[Path] = []
    try:
        for folder in _missing_parents(out):
            _make(folder, out)
            created.append(folder)
        _require_folder(out)
        with _locked(out):
            new, part, old = not out.exists(), _beside(out, ".part"), _beside(out, ".old")
            finish_exchange(part, old, out)
            _require_free(out, overwrite)
            try:
                _make(part, out)
                yield part
                write_manifest(part)
                if new:
                    part.rename(out)
                else:
                    exchange(part, old, out)
            except BaseException:
                shutil.rmtree(part, ignore_errors=True)
                raise
    except BaseException as error:
        for folder in reversed(created):
            folder.rmdir()
        if isinstance(error, OSError):
            _explain(error, out)
        raise


def tidy(out: Path) -> None:
    """Remove what a run that was killed left of its work at `out`; leave a living run alone."""
    try:
        with _locked(out):
            finish_exchange(_beside(out, ".part"), _beside(out, ".old"), out)
    except BlockingIOError:
        return


def _beside(out: Path, kind: str) -> Path:
    """Where a run keeps what it is at: inside the folder it fills, or beside one to be made."""
    return out / f"{_OWN}{kind}" if out.exists() else _outside(out, kind)


def _outside(out: Path, kind: str) -> Path:
    return out.parent / f"{_OWN}-{out.name}{kind}"


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    """Keep other runs away from `out`, also on a disk that several machines share."""
    path = _beside(out, LOCK)
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise BlockingIOError(
            f"{out}: another run is writing there; wait for it, or choose another folder"
        ) from None
    try:
        yield
    finally:
        for one in (path, _outside(out, LOCK)):  # a run that was killed as it ended left the other
            one.unlink(missing_ok=True)
        lock.release()


def _require_folder(out: Path) -> None:
    if not out.parent.is_dir():
        raise NotADirectoryError(
            f"{out}: a folder cannot be made there (Not a directory); choose another place"
        )


def _require_free(out: Path, overwrite: bool) -> None:
    if not out.exists() or {file.name for file in out.iterdir()} <= {_OWN + LOCK}:
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
    found = files_in(folder) - manifest_names(folder)
    return sorted(found - {_OWN + LOCK})


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


def _explain(error: OSError, out: Path) -> None:
    """Raise one clear line for a disk that filled up or a place that was closed meanwhile."""
    if error.errno in _FULL:
        raise OSError(  # with its number, so that the folder around a folder explains it anew
            error.errno,
            f"{out}: {_FULL[error.errno]}; nothing was written. Free some space or choose another "
            "folder",
        ) from error
    place = Path(error.filename or out.parent)
    if place.suffix == LOCK:
        place = place.parent
    if error.errno in _CLOSED and place.is_relative_to(out.parent):
        raise PermissionError(
            f"{out}: {place} is not writable ({error.strerror}); choose another folder"
        ) from error
