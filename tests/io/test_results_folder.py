"""A results folder is there completely or not at all."""

import errno
import os
import re

import pytest

from gadmap.io import results_folder


def write(out, text="new", **options):
    with results_folder(out, **options) as folder:
        (folder / "maps.json").write_text(text)
        (folder / "sub").mkdir()
        (folder / "sub" / "a.txt").write_text(text)


def names(folder):
    return [entry.name for entry in folder.iterdir()]


def write_half_and_fail(out, fault, **options):
    with results_folder(out, **options) as folder:
        (folder / "half").write_text("x")
        raise fault


def tree(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_what_is_written_appears_at_the_end(tmp_path):
    out = tmp_path / "a" / "b" / "out"
    with results_folder(out) as folder:
        (folder / "x.txt").write_text("x")
        assert not out.exists()
    assert tree(tmp_path) == ["a/b/out/.gadmap.json", "a/b/out/x.txt"]


def test_an_empty_folder_is_used(tmp_path):
    (tmp_path / "out").mkdir()
    write(tmp_path / "out")
    assert (tmp_path / "out" / "maps.json").read_text() == "new"


def test_results_within_results_are_possible(tmp_path):
    with results_folder(tmp_path / "out") as folder:
        write(folder)
        (folder / "report.html").write_text("x")
    assert tree(tmp_path / "out") == [".gadmap.json", "maps.json", "report.html", "sub/a.txt"]
    write(tmp_path / "out", "newer", overwrite=True)


def test_results_are_kept_unless_overwriting_is_asked_for(tmp_path):
    write(tmp_path / "out", "old")
    with pytest.raises(FileExistsError, match=r"holds results already.*--overwrite"):
        write(tmp_path / "out")
    assert (tmp_path / "out" / "maps.json").read_text() == "old"
    write(tmp_path / "out", overwrite=True)
    assert (tmp_path / "out" / "maps.json").read_text() == "new"
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("fault", [KeyboardInterrupt, ValueError])
def test_a_failure_leaves_the_old_results_and_nothing_else(tmp_path, fault):
    write(tmp_path / "out", "old")
    with pytest.raises(fault):
        write_half_and_fail(tmp_path / "out", fault, overwrite=True)
    assert (tmp_path / "out" / "maps.json").read_text() == "old"
    assert names(tmp_path) == ["out"]


def test_a_failure_leaves_no_folder_that_was_not_there(tmp_path):
    with pytest.raises(ValueError, match=r"no"), results_folder(tmp_path / "a" / "out"):
        raise ValueError("no")
    assert names(tmp_path) == []


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("ours", [False, True])
def test_a_folder_with_other_files_is_never_replaced(tmp_path, overwrite, ours):
    out = tmp_path / "out"
    if ours:
        write(out)
    out.mkdir(exist_ok=True)
    (out / "thesis.doc").write_text("years of work")
    with pytest.raises(FileExistsError, match=r"did not write, thesis.doc; choose another"):
        write(out, overwrite=overwrite)
    assert (out / "thesis.doc").read_text() == "years of work"


def test_a_file_or_link_is_never_replaced(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for name in ("file", "link"):
        with pytest.raises(FileExistsError, match=r"file or link; expected a folder"):
            write(tmp_path / name, overwrite=True)


def test_a_place_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OSError, match=r"cannot be made") as caught:
        write(tmp_path / "file" / "deeper" / "out")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_one_line_and_no_debris(tmp_path, code):
    with pytest.raises(OSError, match=r"out: the disk .*; nothing was written"):
        write_half_and_fail(tmp_path / "out", OSError(code, os.strerror(code)))
    assert names(tmp_path) == []


def test_a_real_full_device_is_explained(tmp_path):
    with (
        pytest.raises(OSError, match=r"the disk is full"),
        results_folder(tmp_path / "out"),
        open("/dev/full", "wb", buffering=0) as full,  # noqa: PTH123
    ):
        full.write(b"x")


def test_a_place_that_is_not_writable_is_explained(tmp_path, monkeypatch):
    if os.geteuid() == 0:  # permissions do not bind root

        def refuse(path, *_, **__):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))

        monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    else:
        tmp_path.chmod(0o500)
    try:
        with pytest.raises(PermissionError, match=re.escape("is not writable (Permission denied)")):
            write(tmp_path / "out")
    finally:
        tmp_path.chmod(0o700)


def test_a_folder_that_exists_is_filled_where_it_stands(tmp_path):
    """It may be a mounted disk or the folder one stands in: neither can be renamed."""
    out = tmp_path / "out"
    out.mkdir()
    before = out.stat().st_ino
    write(out, "old")
    write(out, "new", overwrite=True)
    assert out.stat().st_ino == before
    assert tree(out) == [".gadmap.json", "maps.json", "sub/a.txt"]
    assert (out / "maps.json").read_text() == "new"


def test_an_exchange_that_fails_half_way_is_undone(tmp_path, monkeypatch):
    out = tmp_path / "out"
    write(out, "old")
    real, calls = type(out).rename, []

    def rename(path, target):
        calls.append(path)
        if len(calls) == 5:
            raise OSError(errno.EIO, "Input/output error", str(path))
        return real(path, target)

    monkeypatch.setattr("pathlib.Path.rename", rename)
    with pytest.raises(OSError, match="Input/output error"):
        write(out, overwrite=True)
    assert tree(tmp_path) == ["out/.gadmap.json", "out/maps.json", "out/sub/a.txt"]
    assert (out / "maps.json").read_text() == "old"


def test_a_full_disk_names_the_folder_that_was_asked_for(tmp_path):
    with (
        pytest.raises(OSError, match=re.escape(f"{tmp_path / 'out'}: the disk is full")),
        results_folder(tmp_path / "out") as folder,
    ):
        write_half_and_fail(folder, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert names(tmp_path) == []


def test_parents_made_before_a_failure_are_removed(tmp_path):
    with pytest.raises(OSError, match="cannot be made there"):
        write(tmp_path / "a" / ("x" * 300) / "out")
    assert names(tmp_path) == []
