"""Files that are there completely or not at all."""

import secrets
from pathlib import Path


def write_whole(path: Path, content: bytes | str) -> None:
    """A file, in place of an earlier one; text as UTF-8.

    It is written beside its place under another name and renamed, so that whoever looks, or comes
    after a crash, finds the earlier file or the new one.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    part = path.with_name(f".{path.name}-{secrets.token_hex(4)}.part")
    try:
        part.write_bytes(content.encode() if isinstance(content, str) else content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
