"""Laws of slices larger or smaller than the 32 × 32 voxels of the training."""

import pytest
import torch

from drawn_networks import disc_of, drawn_slices, strengthened
from gadmap.networks import NETWORKS
from gadmap.networks.blocks import FewFilters, Head, LearnedGate
from gadmap.networks.lstm import Lstm
from gadmap.networks.tiles import highest_inside, mean_inside, tile_shares

CHANNELS = 6
REACH = {"cnn-local": 4, "cnn-local-global": 15, "fcsa-body": 4, "csab": 6, "fcsa-net": 6}


@pytest.fixture
def gate() -> LearnedGate:
    return strengthened(LearnedGate(CHANNELS))


def test_a_slice_of_equal_tiles_has_the_gate_of_one(gate):
    tile = drawn_slices(1, CHANNELS, 32, 32)
    torch.testing.assert_close(gate(tile.tile(1, 1, 3, 2), None), gate(tile, None))


def test_the_squeezed_vector_is_the_mean_over_tiles_weighted_by_voxels_inside(gate):
    left, right = drawn_slices(2, CHANNELS, 32, 32).split(1)
    inside = torch.zeros(1, 32, 64, dtype=torch.bool)
    inside[:, :6, :32], inside[:, :2, 32:] = True, True
    mean = 0.75 * gate._squeezed(left) + 0.25 * gate._squeezed(right)
    expected = torch.sigmoid(gate.excitation(mean))
    torch.testing.assert_close(gate(torch.cat([left, right], dim=3), inside), expected)
    assert (expected - gate(left, None)).abs().max() > 1e-3


def test_tiles_without_a_voxel_inside_do_not_matter(gate):
    x, inside = drawn_slices(1, CHANNELS, 96, 96), disc_of(96, 96, 15)
    other = x.clone()
    other[..., :32], other[..., :32, :] = 9.0, -7.0
    assert not inside[..., :32].any()
    torch.testing.assert_close(gate(x, inside), gate(other, inside))
    assert (gate(x, None) - gate(other, None)).abs().max() > 1e-3


def test_a_small_slice_has_the_gate_of_that_slice_with_air_around_it(gate):
    x = drawn_slices(1, CHANNELS, 17, 23)
    with_air = torch.nn.functional.pad(x, (0, 9, 0, 15))
    torch.testing.assert_close(gate(x, None), gate(with_air, None))


def test_shares_of_the_tiles_sum_to_one_and_an_empty_slice_counts_whole():
    inside = torch.stack([disc_of(70, 45, 20)[0], torch.zeros(70, 45, dtype=torch.bool)])
    x = drawn_slices(2, 1, 70, 45)
    shares = tile_shares(inside, x)
    torch.testing.assert_close(shares.sum(dim=1), torch.ones(2))
    torch.testing.assert_close(shares[1:], tile_shares(None, x[1:]))
    voxels = torch.tensor([32 * 32, 32 * 13, 32 * 32, 32 * 13, 6 * 32, 6 * 13]) / (70 * 45)
    torch.testing.assert_close(shares[1], voxels)


def test_pools_take_the_voxels_inside_only():
    x, inside = drawn_slices(2, 3, 32, 32), drawn_slices(2, 32, 32, seed=1) > 0.5
    for i in range(2):
        within = x[i][:, inside[i]]
        torch.testing.assert_close(mean_inside(x, inside)[i], within.mean(dim=1))
        torch.testing.assert_close(highest_inside(x, inside)[i], within.amax(dim=1))
    torch.testing.assert_close(highest_inside(x, None), x.amax(dim=(2, 3)))
    nothing = torch.zeros_like(inside)
    torch.testing.assert_close(mean_inside(x, nothing), x.mean(dim=(2, 3)))


def test_the_maximum_of_a_slice_is_the_mean_of_its_tiles_maxima():
    """A maximum over 64 times as many voxels would be one that training never showed."""
    x = drawn_slices(1, 2, 64, 32)
    expected = (x[:, :, :32].amax(dim=(2, 3)) + x[:, :, 32:].amax(dim=(2, 3))) / 2
    torch.testing.assert_close(highest_inside(x, None), expected)


@pytest.mark.parametrize("name", REACH)
def test_a_slice_is_seamless(name: str):
    """With equal gates, every voxel gets what the patch around it gives, wherever it lies."""
    network = strengthened(NETWORKS[name](frames=CHANNELS))
    for module in network.modules():
        if isinstance(module, LearnedGate):
            torch.nn.init.zeros_(module.excitation.narrow.weight)
    x, reach = drawn_slices(1, CHANNELS, 80, 71), REACH[name]
    whole = network(x)
    for top, left in ((0, 0), (21, 30), (48, 39)):
        patch = network(x[..., top : top + 32, left : left + 32])
        expected = whole[..., top + reach : top + 32 - reach, left + reach : left + 32 - reach]
        found = patch[..., reach:-reach, reach:-reach]
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_a_slice_has_one_gate_for_all_its_tiles():
    """The frames' weights of a slice, put on by hand before the rest, give the slice's map."""
    network = strengthened(NETWORKS["fcsa-net"](frames=CHANNELS))
    x, inside = drawn_slices(1, CHANNELS, 70, 90), disc_of(70, 90, 30)
    weights = network.attention(x, inside)["frames"]
    by_hand = network.csab(weights[..., None, None] * x, inside)
    torch.testing.assert_close(network(x, inside), by_hand)


def test_single_voxels_are_mapped_alike_in_a_slice_in_a_batch_and_alone():
    network, x = strengthened(Lstm()), drawn_slices(1, 65, 5, 7)
    inside = drawn_slices(1, 5, 7, seed=2) > 0.5
    whole = network(x, inside)
    assert (whole[0, 0][~inside[0]] == 0).all()
    alone = network(x[0][:, inside[0]].T[..., None, None])
    torch.testing.assert_close(whole[0, 0][inside[0]], alone[:, 0, 0, 0])


@pytest.mark.parametrize("rows", [63, 64, 65, 128, 131])
def test_a_large_slice_in_bands_is_that_slice(rows: int):
    """Without gradients the last layers see bands of rows; with gradients all at once."""
    head, x = strengthened(Head(2)), drawn_slices(1, 32, rows, 9)
    with torch.no_grad():
        banded = head(x)
    torch.testing.assert_close(banded, head(x), rtol=1e-5, atol=1e-6)
    assert banded.shape == (1, 2, rows, 9)


def test_the_signal_is_left_as_it_was():
    for name in NETWORKS:
        network, x = strengthened(NETWORKS[name](frames=CHANNELS)), drawn_slices(1, CHANNELS, 40, 8)
        with torch.no_grad():
            network(x)
        assert torch.equal(x, drawn_slices(1, CHANNELS, 40, 8)), name


def test_a_convolution_to_few_channels_is_a_convolution():
    few = strengthened(FewFilters(7, 3))
    x = drawn_slices(2, 7, 9, 12)
    plain = torch.nn.functional.conv2d(x, few.weight, few.bias, padding=1)
    torch.testing.assert_close(few(x), plain, rtol=1e-5, atol=1e-6)
