"""Any bytes are read or refused in one clear line, in seconds: real files, changed at random.

The same changes in every run; `make fuzz` looks for others as long as one likes.
"""

from collections.abc import Iterator
from pathlib import Path

import jaxtyping
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.target import Target, answer
from fuzz.targets import TARGETS

EXAMPLES = 120
_TELLING = (b"\0", b"\xff", b"\x7f", b"\x80", b"\xff\xff\xff\x7f", b"-1", b"0", b"9" * 30, b"\n")

every_reader = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())


@pytest.fixture(scope="module", autouse=True)
def _as_installed() -> Iterator[None]:
    """The checks of annotations off, as for a user."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@st.composite
def damaged(draw: st.DrawFn, target: Target) -> bytes:
    """A seed with some bytes put in, over others, taken out or repeated."""
    data = bytearray(draw(st.sampled_from(target.seeds())))
    pieces = st.sampled_from((*_TELLING, *target.words)) | st.binary(min_size=1, max_size=8)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        piece = draw(pieces)
        match draw(st.sampled_from(("over", "in", "out", "twice", "end"))):
            case "over":
                data[at : at + len(piece)] = piece
            case "in":
                data[at:at] = piece
            case "out":
                del data[at : at + draw(st.integers(1, 64))]
            case "twice":
                data[at:at] = data[at : at + draw(st.integers(1, 256))]
            case "end":
                del data[at:]
    return bytes(data)


@every_reader
def test_a_target_gives_the_same_seeds_whenever_asked(target: Target):
    assert target.seeds() == target.seeds()


@every_reader
def test_changed_files_are_read_or_refused_in_one_line(target: Target, tmp_path_factory):
    folder: Path = tmp_path_factory.mktemp("fuzz")
    answers = []

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(damaged(target))
    def attack(data: bytes) -> None:
        answers.append(answer(target, data, folder))

    attack()
    assert any(answers), "not one was refused: is anything changed at all?"
    assert len(answers) >= EXAMPLES // 2


@every_reader
def test_seeds_reach_into_the_reader(target: Target, tmp_path):
    """Some seeds at least are read: else the fuzzer would never come past the first check."""
    answers = []
    for number, seed in enumerate(target.seeds()):
        folder = tmp_path / str(number)
        folder.mkdir()
        answers.append(answer(target, seed, folder))
    assert "" in answers
