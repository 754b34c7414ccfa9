"""Laws that every network keeps."""

import pytest
import torch

from drawn_networks import disc_of, drawn_slices, strengthened
from gadmap.networks import NETWORKS, VOXELWISE

SHEET = {
    "cnn-local": 59_041,
    "cnn-local-global": 90_881,
    "lstm": 21_409,
    "ab-lstm": 34_178,
    "se-net": 76_136,
    "cbam": 70_436,
    "cnn-local-fab": 152_316,
    "csab": 93_602,
    "fcsa-net": 186_877,
    "fcsa-body": 66_145,
}
LAST_LAYER = (
    dict.fromkeys(SHEET, 65)
    | {"lstm": 33}
    | dict.fromkeys(("cbam", "csab", "fcsa-net", "fcsa-body"), 1153)
)
ATTENTION = {
    "ab-lstm": {"voxel_frames"},
    "se-net": {"frames"},
    "cnn-local-fab": {"frames"},
    "cbam": {"channels", "space"},
    "csab": {"channels", "space"},
    "fcsa-net": {"frames", "channels", "space"},
}
FRAMES = 12
every_network = pytest.mark.parametrize("name", NETWORKS)


def small(name: str, outputs: int = 1) -> torch.nn.Module:
    return strengthened(NETWORKS[name](frames=FRAMES, outputs=outputs))


def test_the_sheet_names_every_network():
    assert set(SHEET) == set(NETWORKS)
    assert set(NETWORKS) > VOXELWISE


@every_network
def test_parameters_are_as_many_as_the_sheet_says(name: str):
    assert sum(p.numel() for p in NETWORKS[name]().parameters()) == SHEET[name]


@every_network
def test_an_output_more_widens_the_last_layer_only(name: str):
    three = sum(p.numel() for p in NETWORKS[name](outputs=3).parameters())
    assert three == SHEET[name] + 2 * LAST_LAYER[name]


@every_network
def test_the_docstring_tells_parameters_place_in_the_paper_and_readings(name: str):
    text = NETWORKS[name].__doc__
    assert f"{SHEET[name]:,}" in text
    assert "Zeng and Zhou" in text
    assert "Table II" in text or "Eq. 10" in text
    assert "Readings" in text or "isolates" in text


@every_network
@pytest.mark.parametrize("size", [(1, 1), (17, 23), (32, 32), (33, 70)])
def test_any_size_is_mapped_and_values_lie_between_minus_one_and_one(name: str, size):
    y = small(name, outputs=2)(drawn_slices(2, FRAMES, *size), drawn_slices(2, *size) > 0.3)
    assert y.shape == (2, 2, *size)
    assert y.isfinite().all()
    assert y.abs().max() <= 1
    assert y.abs().max() > 0.01


@every_network
def test_a_slice_of_256_voxels_goes_through_in_one_pass(name: str):
    network = strengthened(NETWORKS[name]())
    inside = disc_of(256, 256, 12 if name in VOXELWISE else 100)
    assert network(drawn_slices(1, 65, 256, 256), inside).shape == (1, 1, 256, 256)


@every_network
@pytest.mark.parametrize("size", [(32, 32), (40, 36)])
def test_slices_of_a_batch_do_not_know_each_other(name: str, size):
    network, x = small(name), drawn_slices(3, FRAMES, *size)
    inside = drawn_slices(3, *size, seed=1) > 0.4
    alone = torch.cat([network(x[i : i + 1], inside[i : i + 1]) for i in (2, 0, 1)])
    torch.testing.assert_close(network(x, inside)[[2, 0, 1]], alone, rtol=1e-4, atol=1e-5)


@every_network
def test_no_mask_and_a_mask_of_everything_are_the_same(name: str):
    network, x = small(name), drawn_slices(2, FRAMES, 45, 38)
    everywhere = torch.ones(2, 45, 38, dtype=torch.bool)
    torch.testing.assert_close(network(x), network(x, everywhere), rtol=1e-4, atol=1e-5)


@every_network
def test_the_order_in_memory_does_not_matter(name: str):
    network, x = small(name), drawn_slices(1, FRAMES, 32, 40)
    other = x.contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(network(x), network(other), rtol=1e-4, atol=1e-5)


@every_network
def test_every_parameter_learns(name: str):
    network = small(name).requires_grad_(True)
    network(drawn_slices(4, FRAMES, 32, 32)).square().sum().backward()
    without = {"score.bias"} if name == "ab-lstm" else set()  # in the sheet; see the next test
    found = {n: float(p.grad.abs().max()) for n, p in network.named_parameters()}
    assert [n for n, largest in found.items() if not largest > 0 and n not in without] == []


def test_the_softmax_over_time_takes_the_bias_of_its_scores_away():
    network, x = small("ab-lstm"), drawn_slices(1, FRAMES, 8, 8)
    before = network(x)
    with torch.no_grad():
        network.score.bias += 3
    torch.testing.assert_close(network(x), before, rtol=1e-4, atol=1e-6)


@every_network
def test_attention_is_told_by_those_that_have_it(name: str):
    network, x = small(name), drawn_slices(2, FRAMES, 40, 32)
    assert hasattr(network, "attention") == (name in ATTENTION)
    if name not in ATTENTION:
        return
    weights = network.attention(x)
    assert set(weights) == ATTENTION[name]
    shapes = {
        "frames": (2, FRAMES),
        "channels": (2, 32),
        "space": (2, 40, 32),
        "voxel_frames": (2, FRAMES, 40, 32),
    }
    for kind, values in weights.items():
        assert values.shape == shapes[kind]
        assert ((values >= 0) & (values <= 1)).all()
        assert values.std() > 1e-3
