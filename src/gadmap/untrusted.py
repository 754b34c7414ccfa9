"""What stands in files that anyone may have made: parsed, or refused in one line."""

import json
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import Any

_LARGEST_JSON = 64 * 2**20  # bytes; the parser takes some ten times as much memory
_LARGEST_TOML = 2**20
_LONGEST = 60  # characters of a value in a message


def json_value(text: str | bytes, what: str) -> Any:
    """The value that a JSON text holds.

    Parameters
    ----------
    what
        What messages call it: a file's name.

    Raises
    ------
    ValueError
        If it is no JSON, nested beyond reason or beyond 64 MiB.
    """
    if len(text) > _LARGEST_JSON:
        raise ValueError(
            f"{what}: {len(text) >> 20} MiB of JSON; expected at most {_LARGEST_JSON >> 20}"
        )
    try:
        return json.loads(text if isinstance(text, str) else text.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"{what}: not readable as JSON: no UTF-8 text") from error
    except (ValueError, RecursionError) as error:
        fault = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise ValueError(f"{what}: not readable as JSON: {fault.splitlines()[0]}") from error


def json_file(path: Path) -> Any:
    """The value that a JSON file holds; messages have its name, not its folders.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is no JSON.
    """
    with by_name(path):
        return json_value(path.read_bytes(), path.name)


def toml_file(path: Path) -> dict[str, Any]:
    """The table that a TOML file holds; messages have its name, not its folders.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is no TOML, nested beyond reason or beyond 1 MiB.
    """
    with by_name(path):
        content = path.read_bytes()
    if len(content) > _LARGEST_TOML:
        raise ValueError(f"{path.name}: {len(content)} bytes; expected at most {_LARGEST_TOML}")
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name}: not a TOML file (no UTF-8 text)") from error
    except (ValueError, RecursionError) as error:
        line = str(error).splitlines()[0][:200]
        raise ValueError(f"{path.name}: not a TOML file ({line})") from error


def finite(value: Any) -> float | None:
    """A JSON value as a number; None where it is none, or none that a float can be."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None


def shown(value: Any) -> str:
    """A value as messages quote it: on one line, and not at any length."""
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


@contextmanager
def by_name(path: Path, name: str | None = None) -> Iterator[None]:
    """Let the system's errors tell the file's name and no folders, which are of users and patients.

    Parameters
    ----------
    name
        What to tell instead, where the name itself may be a patient's.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None or error.strerror is None:
            raise
        raise type(error)(error.errno, error.strerror, name or path.name) from None
