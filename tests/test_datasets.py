"""An examination of a public dataset walks the same road as any other."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import gadmap
from disc import disc_scan
from gadmap.io.datasets import dataset_of
from rider_tree import write_visit


@pytest.mark.parametrize("edge_slices", [0, 1])
def test_maps_of_an_examination_are_those_of_its_slices_alone(tmp_path: Path, edge_slices: int):
    scan, flips = disc_scan()
    write_visit(tmp_path / "tree", "1086100996", "19040321", (scan, flips), two_studies=True)
    dataset = dataset_of(tmp_path / "tree")
    assert dataset is not None
    (found,) = dataset.examinations(tmp_path / "tree")
    series, read_flips = replace(found, edge_slices=edge_slices).read()
    kept = slice(edge_slices, 3 - edge_slices)
    alone = replace(scan, signal=scan.signal[:, :, kept])
    alone_flips = replace(flips, signal=flips.signal[:, :, kept])
    maps = gadmap.estimate(gadmap.prepare(series, vfa=read_flips, aif="parker"))
    expected = gadmap.estimate(gadmap.prepare(alone, vfa=alone_flips, aif="parker"))
    both = maps.valid & expected.valid
    assert both.sum() > 0.95 * expected.valid.sum()
    assert np.median(np.abs(maps["ktrans"][both] / expected["ktrans"][both] - 1)) < 0.02
