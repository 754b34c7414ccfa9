"""Laws of files that are there completely or not at all."""

from pathlib import Path

import pytest

from gadmap.whole_file import write_whole


@pytest.mark.parametrize("content", [b"\x00\xff", "Δ\r\n"])
def test_it_holds_what_was_written_and_nothing_lies_beside_it(tmp_path: Path, content):
    path = tmp_path / "file"
    path.write_text("earlier")
    write_whole(path, content)
    assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert list(tmp_path.iterdir()) == [path]


def test_a_rename_that_fails_leaves_what_was_there(tmp_path: Path):
    path = tmp_path / "folder"
    path.mkdir()
    with pytest.raises(OSError, match="folder"):
        write_whole(path, "text")
    assert list(tmp_path.iterdir()) == [path]


def test_it_has_the_permissions_of_any_new_file(tmp_path: Path):
    """safetensors' own writer makes files that nobody but their owner can read."""
    write_whole(tmp_path / "ours", "")
    (tmp_path / "usual").touch()
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "usual").stat().st_mode
