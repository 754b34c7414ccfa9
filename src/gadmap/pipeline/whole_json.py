"""JSON files that are there completely or not at all."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gadmap.io.strict_json import json_text
from gadmap.untrusted import json_file
from gadmap.whole_file import write_whole


def read_json(file: Path) -> Any:
    """What a JSON file holds.

    Raises
    ------
    ValueError
        If it is damaged.
    """
    try:
        return json_file(file)
    except ValueError as error:
        raise ValueError(f"{error}; delete it, it is made anew") from error


def write_whole_json(file: Path, record: Mapping[str, Any]) -> None:
    """A JSON file that is there completely or not at all."""
    write_whole(file, json_text(record))
