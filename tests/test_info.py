"""`gadmap info` on a collection of examinations, and on one of them."""

import json
import shutil
from pathlib import Path

import pytest

from gadmap.io import Description
from gadmap.pipeline import Collection, info
from rider_tree import write_collection


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SYNTHETIC: two patients at one date each, the second without its dynamic series."""
    root = tmp_path_factory.mktemp("tcia") / "tree"
    write_collection(root, ["1086100996", "3369019796"], dates=["19040321"])
    shutil.rmtree(next(root.glob("*3369019796/*/*-perfusion-*")))
    return root


def test_a_collection_is_told_in_a_line_each_with_what_is_wrong(tree, run):
    said = run("info", tree)
    head, first, second, tail = said.out.splitlines()
    assert head == "RIDER NEURO MRI: 2 examinations of 2 patients"
    assert first.startswith("rider-01 visit 1: 5 frames every 4.762 s by AcquisitionTime")
    assert second.startswith("rider-02 visit 1: cannot be read: no dynamic series among")
    assert tail == "1 can be read, 1 cannot"
    for secret in ("1086100996", "3369019796", "1904", "281949", str(tree)):
        assert secret not in said.out


def test_a_collection_is_told_to_machines_without_paths(tree, run):
    told = json.loads(run("info", tree, "--json").out)
    assert told["dataset"] == "RIDER NEURO MRI"
    assert [set(one) for one in told["examinations"]] == [
        {"patient", "visit", "summary", "problem"}
    ] * 2


def test_progress_is_told_for_each_examination(tree):
    shown = []

    class Watched:
        def __enter__(self):
            return lambda done, total: shown.append((done, total))

        def __exit__(self, *_):
            return None

    assert isinstance(info(tree, watch=lambda name: Watched()), Collection)
    assert shown == [(1, 2), (2, 2)]


def test_one_examination_of_a_collection_is_told_series_by_series(tree):
    (patient,) = tree.glob("*1086100996")
    found = info(patient)
    assert isinstance(found, Description)
    assert found.missing == ()
    assert {one.kind for one in found.series} == {"dynamic", "flip angle", "other"}


def test_a_frame_step_for_a_collection_is_refused(tree, run):
    said = run("info", tree, "--frame-step", "5")
    assert said.code == 1
    assert "is for one examination; 2 of RIDER NEURO MRI are here" in said.err
