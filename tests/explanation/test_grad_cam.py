"""Laws of Grad-CAM."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from drawn_networks import some_trained
from explained_region import GRID, some_seen
from gadmap.explanation import grad_cams
from gadmap.explanation.grad_cam import cam, cam_layers
from gadmap.networks import NETWORKS, VOXELWISE


def test_a_linear_head_gives_the_closed_form():
    """All of a last layer's weights share one slope, so the map is relu(w·A) over its maximum."""
    seen = some_seen("cnn-local")
    found = grad_cams(seen)[-1]
    module = seen.trained.module
    assert found.layer == "voxelwise.4"
    with torch.inference_mode():
        features = module.voxelwise[:-1](module.local_path(seen.signal))
        last = module.voxelwise[-1]
        answer = functional.conv2d(features, last.weight)[:, 0]
        slope = 1 - torch.tanh(answer + last.bias).square()  # differs from slice to slice
        maps = torch.relu(answer * (slope * seen.region).sum(dim=(1, 2))[:, None, None])
    np.testing.assert_allclose(found.values, (maps / maps.max()).numpy(), atol=1e-5)


def test_the_formula_is_that_of_the_paper():
    features, slopes = torch.rand(2, 3, 4), torch.tensor([2.0, -1.0])[:, None, None]
    found = cam(features, slopes.expand(2, 3, 4))
    assert torch.allclose(found, torch.relu(2 * features[0] - features[1]))


def test_a_network_that_ignores_a_layer_gets_an_empty_map():
    trained = some_trained("cnn-local", quantities=("ktrans",), grid=GRID)
    trained.module.voxelwise[-1].weight.zero_()
    for found in grad_cams(some_seen(trained)):
        assert not found.values.any()
        assert (found.in_region, found.in_body) == (0, 0)


@pytest.mark.parametrize("network", NETWORKS)
def test_every_layer_behind_the_frames_has_a_map_of_the_slices(network: str):
    seen = some_seen(network)
    before = seen.signal.clone()
    found = grad_cams(seen)
    assert bool(found) == (network not in VOXELWISE)
    for one in found:
        assert one.values.shape == tuple(seen.region.shape)
        assert one.values.min() >= 0
        assert one.values.max() <= 1
        assert 0 <= one.in_region <= one.in_body <= 1
    assert torch.equal(seen.signal, before)
    assert not any(module._forward_pre_hooks for module in seen.trained.module.modules())


def test_gates_and_layers_that_read_frames_are_left_out():
    module = some_trained("fcsa-net", quantities=("ktrans",), grid=GRID).module
    assert list(cam_layers(module, GRID.frames)) == [
        "csab.stem.conv3b",
        "csab.head.conv8",
        "csab.head.conv9",
    ]
