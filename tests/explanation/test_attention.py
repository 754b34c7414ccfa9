"""Laws of the pictured attention: it is the network's own."""

import numpy as np
import pytest
import torch

from explained_region import some_seen
from gadmap.explanation import region_attention
from gadmap.networks import NETWORKS


@pytest.mark.parametrize("network", NETWORKS)
def test_the_weights_are_those_that_the_network_uses(network: str):
    seen = some_seen(network)
    module = seen.trained.module
    found = region_attention(seen)
    if not hasattr(module, "attention"):
        assert found is None
        return
    with torch.inference_mode():
        weights = module.attention(seen.signal, seen.inside)
    assert found is not None
    for name, own in (("channels", found.channels), ("space", found.space)):
        assert (own is None) == (name not in weights)
        if own is not None:
            np.testing.assert_array_equal(own, weights[name].numpy())
    if "frames" in weights:
        np.testing.assert_array_equal(found.frames, weights["frames"].numpy())


def test_weights_of_each_voxels_frames_are_averaged_over_the_region():
    seen = some_seen("ab-lstm")
    found = region_attention(seen)
    assert found is not None
    assert found.frames is not None
    np.testing.assert_allclose(found.frames.sum(axis=1), 1, rtol=1e-5)
    with torch.inference_mode():
        weights = seen.trained.module.attention(seen.signal, seen.inside)["voxel_frames"]
    second = weights[1].movedim(0, -1)[seen.region[1]].mean(dim=0)
    np.testing.assert_allclose(found.frames[1], second.numpy(), rtol=1e-5)
