"""Records as strict JSON: no NaN, no numpy types, no paths of the user's machine."""

import json
import re
from collections.abc import Mapping
from enum import Enum
from math import isfinite
from pathlib import Path, PurePath
from typing import Any

import numpy as np

_ABSOLUTE = re.compile(r"(?:(?<=^)|(?<=[\s\"'(=,:]))(?:/|[A-Za-z]:\\)(?:[^/\\\s\"']+[/\\])+")


def write_json(path: Path, record: Mapping[str, Any]) -> None:
    """A JSON file that every parser reads."""
    path.write_text(json_text(record), encoding="utf-8")


def json_text(record: Mapping[str, Any]) -> str:
    """The text of that file."""
    return json.dumps(plain(record), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    """The same value in types that JSON has.

    A number that is not finite becomes null; an absolute path becomes its last part, since folders
    bear names of users and patients.
    """
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, np.generic | np.ndarray):
        return plain(value.tolist())
    if isinstance(value, PurePath):
        return value.name
    if isinstance(value, str):
        return _ABSOLUTE.sub("", value)
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return [plain(item) for item in items]
    if value is None or isinstance(value, bool | int):
        return value
    raise TypeError(f"{type(value).__name__} has no place in a record: {value!r}")
