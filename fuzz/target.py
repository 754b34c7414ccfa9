"""What a reader is to a fuzzer, and what it may answer to any bytes: a value or one clear line."""

import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REFUSALS = (ValueError, OSError)
LONGEST = 10  # s
MOST_WORDS = 2000  # characters of a line that a person still reads


class Hang(BaseException):
    """A reader took longer than it may; no `Exception`, so that nothing catches it on its way."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A reader.

    Attributes
    ----------
    name
        Of the file here.
    seeds
        Makes files that it reads.
    read
        Gives bytes to the reader, as a file in a folder that nothing else is in.
    words
        Bytes that mean something to it.
    """

    name: str
    seeds: Callable[[], list[bytes]]
    read: Callable[[bytes, Path], None]
    words: tuple[bytes, ...] = ()


def answer(target: Target, data: bytes, folder: Path) -> str:
    """The line that the reader refuses `data` with; empty where it reads them.

    Raises
    ------
    AssertionError
        If that is no clear line: empty, without end, or with the folder's name in it.
    Exception
        Any other that the reader let out: a finding.
    """
    with watched(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numbers that overflow are no crash
        try:
            target.read(data, folder)
            return ""
        except REFUSALS as error:
            line = str(error)
    require_clear(line, folder)
    return line


def require_clear(line: str, folder: Path) -> None:
    """Raise AssertionError unless a person can read the line, and it tells no folder."""
    assert line.strip(), "refused without a word"
    assert len(line) < MOST_WORDS, f"{len(line)} characters: {line[:200]}"
    assert str(folder) not in line, f"tells the folder: {line}"


@contextmanager
def watched(seconds: int = LONGEST) -> Iterator[None]:
    """Raise `Hang` in what runs longer."""

    def late(*_: object) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
