"""JSON files that are there completely or not at all."""

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gadmap.io.strict_json import write_json


def read_json(file: Path) -> Any:
    """What a JSON file holds.

    Raises
    ------
    ValueError
        If it is damaged.
    """
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file}: damaged ({error}); delete it, it is made anew") from error


def write_whole(file: Path, record: Mapping[str, Any]) -> None:
    """A JSON file that is there completely or not at all."""
    part = file.with_name(f".{file.name}-{secrets.token_hex(4)}.part")
    try:
        write_json(part, record)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
