"""New files in the place of a folder's old ones, in steps that a later run can tell and finish.

The manifest leaves first and comes last: a folder with one is whole, whenever the power was cut.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path

from gadmap.io.manifest import MANIFEST, manifest_names

LOCK = ".lock"


def exchange(part: Path, old: Path, out: Path) -> None:
    """Put what `part` holds into `out`, and what that held into `old`; undone if anything fails.

    Both are folders inside `out`; at the end they are gone.
    """
    old.mkdir()
    at_work = {part.name, old.name, part.with_suffix(LOCK).name}
    ours = [file for file in out.iterdir() if file.name not in at_work]
    moves = [(file, old / file.name) for file in _manifest_first(ours)]
    moves += [(file, out / file.name) for file in reversed(_manifest_first(part.iterdir()))]
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


def finish_exchange(part: Path, old: Path, out: Path) -> None:
    """After a crash in an exchange: keep the new files if all had arrived, else the old ones."""
    if old.is_dir() and not (out / MANIFEST).is_file():
        arrived = {name.split("/")[0] for name in manifest_names(part)}
        arrived -= {file.name for file in part.iterdir()}
        for file in [file for file in out.iterdir() if file.name in arrived]:
            shutil.rmtree(file) if file.is_dir() else file.unlink()
        for file in reversed(_manifest_first(old.iterdir())):
            file.rename(out / file.name)
    for folder in (part, old):
        if folder.is_dir():
            shutil.rmtree(folder)


def _manifest_first(files: Iterable[Path]) -> list[Path]:
    return sorted(files, key=lambda file: (file.name != MANIFEST, file.name))
