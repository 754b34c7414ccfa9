"""Laws of regions, their rotation, and the loss on them."""

from math import pi

import numpy as np
import pytest
import torch

from gadmap.training.batches import Regions, Voxels
from gadmap.training.crops import (
    Crops,
    counting_voxels,
    crop_edge,
    crops_of,
    single_voxels,
    turned,
    upright,
)
from gadmap.training.losses import squared_error
from gadmap.training.regions import region_corners

SIZE, FRAMES = 16, 5
GRID = (60, 52, 2)


def crops(seed: int = 0) -> Crops:
    """Regions of noise, one at a corner of the slice; every fifth target does not count."""
    random = np.random.default_rng(seed)
    signal = random.random((*GRID, FRAMES)).astype(np.float16).astype(np.float32)
    maps = {name: random.random(GRID).astype(np.float32) for name in ("ktrans", "ve")}
    maps["ve"][::5] = np.nan
    return crops_of(signal, maps, np.array([[0, 0, 0], [20, 18, 1], [44, 30, 0]]), SIZE)


@pytest.mark.parametrize(("size", "edge"), [(32, 46), (16, 24), (17, 25)])
def test_a_crop_has_room_for_its_region_at_any_angle(size: int, edge: int):
    assert crop_edge(size) == edge
    assert (edge - size) % 2 == 0


def test_turning_by_nothing_gives_the_region():
    found = crops()
    regions = torch.arange(3)
    still, lying = turned(found, regions, torch.zeros(3)), upright(found, regions)
    torch.testing.assert_close(still.signal, lying.signal, atol=1e-5, rtol=0)
    counts = lying.weight.bool()
    torch.testing.assert_close(still.weight, lying.weight.float())
    torch.testing.assert_close(still.target[counts], lying.target[counts], atol=1e-5, rtol=0)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_turning_by_quarters_is_rot90(quarters: int):
    found, regions = crops(), torch.arange(3)
    turned_once = turned(found, regions, torch.full((3,), quarters * pi / 2))
    lying = upright(found, regions)
    expected = torch.rot90(lying.signal, quarters, (-2, -1))
    torch.testing.assert_close(turned_once.signal, expected, atol=1e-4, rtol=0)
    weight = torch.rot90(lying.weight, quarters, (-2, -1)).float()
    torch.testing.assert_close(turned_once.weight, weight)


def test_turning_is_as_if_the_slice_had_been_turned():
    """A field that is linear in place stays so; the region sees the turned gradient."""
    x, y, _ = np.indices(GRID).astype(np.float32)
    plane = (0.3 * (x - 27.5) - 0.2 * (y - 25.5)) / 32
    signal = np.repeat(plane[..., None], FRAMES, axis=-1)
    found = crops_of(signal, {"ktrans": plane}, np.array([[20, 18, 0]]), SIZE)
    angle = 0.7
    batch = turned(found, torch.tensor([0]), torch.tensor([angle]))
    along = torch.arange(SIZE) - (SIZE - 1) / 2
    rows, columns = along[:, None], along[None, :]
    from_x = np.cos(angle) * rows + np.sin(angle) * columns
    from_y = np.cos(angle) * columns - np.sin(angle) * rows
    expected = (0.3 * from_x - 0.2 * from_y) / 32
    torch.testing.assert_close(batch.target[0, 0], expected, atol=1e-5, rtol=0)
    torch.testing.assert_close(batch.signal[0, 2], expected, atol=2e-3, rtol=0)


def test_a_turned_target_counts_only_where_all_its_neighbours_do():
    maps = {"ktrans": np.full(GRID, 0.5, dtype=np.float32)}
    maps["ktrans"][28, 26] = np.nan
    found = crops_of(
        np.zeros((*GRID, FRAMES), dtype=np.float32), maps, np.array([[20, 18, 0]]), SIZE
    )
    batch = turned(found, torch.tensor([0]), torch.tensor([0.5]))
    counted = batch.weight.bool()
    assert 2 <= int((~counted).sum()) <= 9
    torch.testing.assert_close(batch.target[counted], torch.full_like(batch.target[counted], 0.5))


def test_what_lies_outside_the_slice_does_not_count():
    corner = crops().counts[0]
    margin = (crop_edge(SIZE) - SIZE) // 2
    assert not corner[:margin].any()
    assert not corner[:, :margin].any()
    assert corner[margin + 1, margin].all()


def test_single_voxels_are_those_of_the_regions():
    found = crops()
    places = counting_voxels(found)
    assert len(places) == int(upright(found, torch.arange(3)).weight.any(dim=1).sum())
    batch = single_voxels(found, places[:7])
    assert batch.signal.shape == (7, FRAMES, 1, 1)
    torch.testing.assert_close(
        batch.signal[:, :, 0, 0], found.signal.flatten(0, 2)[places[:7]].float()
    )


def test_the_loss_ignores_voxels_that_do_not_count():
    batch = upright(crops(), torch.arange(3))
    said = torch.rand_like(batch.target)
    wild = torch.where(batch.weight.bool(), said, torch.full_like(said, 1e6))
    error, weight = squared_error(said, batch.target, batch.weight.float())
    assert float(error) == float(squared_error(wild, batch.target, batch.weight.float())[0])
    assert float(weight) == float(batch.weight.sum())
    counts = batch.weight.bool()
    mean = (said - batch.target)[counts].square().mean()
    torch.testing.assert_close(error / weight, mean)


@pytest.mark.parametrize("source", [Regions, Voxels])
def test_a_batch_depends_on_seed_and_step_alone(source: type):
    def batches(seed: int) -> Regions | Voxels:
        data = crops()
        return Regions(data, 8, 25, seed) if source is Regions else Voxels(data, 32, seed)

    once, again = batches(1), batches(1)
    once.at(0)
    assert torch.equal(once.at(7).signal, again.at(7).signal)
    assert not torch.equal(once.at(7).signal, once.at(8).signal)
    assert not torch.equal(once.at(7).signal, batches(2).at(7).signal)


@pytest.mark.parametrize("source", [Regions, Voxels])
def test_processes_share_a_batch_without_overlap(source: type):
    data = crops()
    batches = Regions(data, 8, 25, 3) if source is Regions else Voxels(data, 32, 3)
    whole = batches.at(5)
    parts = [batches.at(5, rank, 2) for rank in range(2)]
    for rank, part in enumerate(parts):
        assert torch.equal(part.signal, whole.signal[rank::2])
        assert torch.equal(part.target, whole.target[rank::2])


def test_regions_do_not_overlap_and_hold_tissue():
    x, y, _ = np.indices((90, 80, 3))
    inside = (x - 45) ** 2 + (y - 40) ** 2 < 38**2
    corners = region_corners(inside, count=4, size=16, tissue=0.75, seed=0, name="a")
    assert len(corners) == 12
    covered = np.zeros(inside.shape, dtype=int)
    for x0, y0, z in corners:
        here = (slice(x0, x0 + 16), slice(y0, y0 + 16), z)
        covered[here] += 1
        assert inside[here].mean() >= 0.75
    assert covered.max() == 1


def test_regions_depend_on_seed_and_patient_and_are_fewer_where_there_is_no_room():
    inside = np.ones((70, 70, 1), dtype=bool)

    def corners(seed: int, name: str, count: int = 4) -> np.ndarray:
        return region_corners(inside, count=count, size=32, tissue=0.75, seed=seed, name=name)

    assert np.array_equal(corners(0, "a"), corners(0, "a"))
    assert not np.array_equal(corners(0, "a"), corners(0, "b"))
    assert not np.array_equal(corners(0, "a"), corners(1, "a"))
    assert 1 <= len(corners(0, "a", count=50)) <= 4
    assert len(region_corners(inside[:20], count=4, size=32, tissue=0.5, seed=0, name="a")) == 0


def test_a_tumour_is_met_as_often_as_its_area_makes_it():
    """Mean cover of an inner voxel by regions is the same wherever it lies."""
    inside = np.ones((100, 100, 400), dtype=bool)
    corners = region_corners(inside, count=1, size=20, tissue=1.0, seed=0, name="a")
    covered = np.zeros((100, 100))
    for x, y, _ in corners:
        covered[x : x + 20, y : y + 20] += 1
    inner = covered[20:80, 20:80] / 400
    assert inner.mean() == pytest.approx((20 / 81) ** 2, rel=0.15)
