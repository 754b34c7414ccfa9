"""What gadmap wrote into a folder: its manifest, with a checksum of every file, is written last."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gadmap.untrusted import json_file
from gadmap.whole_file import write_whole

MANIFEST = ".gadmap.json"


def files_in(folder: Path) -> set[str]:
    """Names of all files and links below a folder, relative to it."""
    found = (file for file in folder.rglob("*") if not file.is_dir() or file.is_symlink())
    return {file.relative_to(folder).as_posix() for file in found}


def write_manifest(folder: Path) -> None:
    """Put every file on the disk, then the list of them with sizes and SHA-256."""
    names = sorted(files_in(folder) - {MANIFEST})
    entries = {name: _entry(folder / name) for name in names}
    _write(folder, entries)


def renew_manifest(folder: Path, name: str) -> None:
    """Take a file that was written anew, or added, into the manifest of a finished folder."""
    manifest = _read(folder)
    if isinstance(manifest.get("files"), Mapping):
        _write(folder, dict(manifest["files"]) | {name: _entry(folder / name)})


def manifest_names(folder: Path) -> set[str]:
    """Names of what gadmap wrote into a folder; none where it did not write it.

    Raises
    ------
    FileExistsError
        If the manifest is damaged.
    """
    if not (folder / MANIFEST).is_file():
        return set()
    try:
        return {MANIFEST, *_read(folder)["files"]}
    except (ValueError, KeyError, TypeError) as error:
        raise FileExistsError(f"{MANIFEST}: damaged; choose another folder") from error


def fault_of(folder: Path, *, checksums: bool) -> str | None:
    """Why a folder is not a finished result, or None where it is one.

    Parameters
    ----------
    checksums
        Read every file and compare it with its checksum; else only the sizes are compared.
    """
    if not (folder / MANIFEST).is_file():
        return "no results" if not folder.exists() else "no manifest"
    try:
        entries = dict(_read(folder)["files"])
        for name, entry in entries.items():
            file = folder / name
            if not file.is_file():
                return f"{name} is missing"
            if file.stat().st_size != entry["bytes"]:
                return f"{name} has {file.stat().st_size} bytes, {entry['bytes']} were written"
            if checksums and _digest(file) != entry["sha256"]:
                return f"{name} has changed since it was written"
    except (ValueError, KeyError, TypeError):
        return "the manifest is damaged or of an earlier version"
    return None


def _read(folder: Path) -> dict[str, Any]:
    return json_file(folder / MANIFEST)


def _write(folder: Path, entries: Mapping[str, Mapping[str, Any]]) -> None:
    record = {"written by": "gadmap", "files": dict(sorted(entries.items()))}
    write_whole(folder / MANIFEST, json.dumps(record, indent=1) + "\n")
    _to_disk(folder / MANIFEST)
    _to_disk(folder)


def _entry(file: Path) -> dict[str, Any]:
    _to_disk(file)
    return {"bytes": file.stat().st_size, "sha256": _digest(file)}


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _to_disk(path: Path) -> None:
    """Wait until a file, or a folder's list of files, is where a power cut spares it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
