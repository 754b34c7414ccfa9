"""On 32 × 32 voxels every network is its sheet, written out here from the paper's equations."""

import pytest
import torch
from torch import Tensor
from torch.nn.functional import conv2d, linear, max_pool2d

from drawn_networks import drawn_slices, strengthened
from gadmap.networks import NETWORKS

SIZE = (2, 65, 32, 32)


class Layers:
    """A network's weights by name, applied as the sheet says."""

    def __init__(self, module: torch.nn.Module) -> None:
        self.tensors = module.state_dict()

    def conv(self, name: str, x: Tensor, stride: int = 1, dilation: int = 1) -> Tensor:
        weight, bias = self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"]
        padding = dilation * (weight.shape[-1] // 2)
        return conv2d(x, weight, bias, stride=stride, padding=padding, dilation=dilation)

    def linear(self, name: str, x: Tensor) -> Tensor:
        return linear(x, self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"])

    def excitation(self, name: str, x: Tensor) -> Tensor:
        return self.linear(f"{name}.narrow", self.linear(f"{name}.widen", x).relu())

    def gate(self, name: str, x: Tensor) -> Tensor:
        """sigmoid(FC(relu(FC(Pool(relu(Conv(Pool(relu(Conv(x)))))))))), Eq. 2-3 and 5-6."""
        v = max_pool2d(self.conv(f"{name}.first", x, stride=2).relu(), 2)
        assert v.shape[-1] == 8
        v = max_pool2d(self.conv(f"{name}.second", v, stride=4).relu(), 2)
        assert v.shape[-2:] == (1, 1)
        return torch.sigmoid(self.excitation(f"{name}.excitation", v[..., 0, 0]))[..., None, None]

    def local(self, name: str, x: Tensor) -> Tensor:
        for layer in (0, 2, 4, 6):
            x = self.conv(f"{name}local_path.{layer}", x).relu()
        return self.voxelwise(f"{name}voxelwise", x)

    def voxelwise(self, name: str, x: Tensor) -> Tensor:
        x = self.conv(f"{name}.2", self.conv(f"{name}.0", x).relu()).relu()
        return torch.tanh(self.conv(f"{name}.4", x))

    def body(self, name: str, s1: Tensor, block) -> Tensor:
        start = self.conv(f"{name}stem.conv3a", s1).relu()
        s3 = block(self.conv(f"{name}stem.conv3b", start).relu())
        return torch.tanh(
            self.conv(f"{name}head.conv9", self.conv(f"{name}head.conv8", start + s3).relu())
        )

    def csab(self, name: str, f: Tensor) -> Tensor:
        s2 = self.gate(f"{name}.channels", f) * f
        swm = torch.sigmoid(self.conv(f"{name}.conv7", self.conv(f"{name}.conv6", s2).relu()))
        return swm * s2

    def cbam(self, name: str, f: Tensor) -> Tensor:
        pooled = [f.mean(dim=(2, 3)), f.amax(dim=(2, 3))]
        weights = torch.sigmoid(sum(self.excitation(f"{name}.excitation", v) for v in pooled))
        f = weights[..., None, None] * f
        over_channels = torch.cat([f.mean(1, keepdim=True), f.amax(1, keepdim=True)], dim=1)
        return torch.sigmoid(self.conv(f"{name}.space", over_channels)) * f

    def lstm(self, name: str, x: Tensor, layer: int, suffix: str = "") -> Tensor:
        """States of a layer over time, cell by cell."""
        w, u, b, c = (
            self.tensors[f"{name}.{kind}_l{layer}{suffix}"]
            for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        times = range(x.shape[1])
        state = cell = x.new_zeros(x.shape[0], u.shape[1])
        states = []
        for t in reversed(times) if suffix else times:
            i, f, g, o = (x[:, t] @ w.T + b + state @ u.T + c).chunk(4, dim=1)
            cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
            state = o.sigmoid() * cell.tanh()
            states.append(state)
        return torch.stack(states[::-1] if suffix else states, dim=1)


def _cnn_local_global(layers: Layers, x: Tensor) -> Tensor:
    start = layers.conv("start", x).relu()
    local = wide = start
    for layer, dilation in ((0, 2), (2, 4), (4, 8)):
        local = layers.conv(f"local_path.{layer}", local).relu()
        wide = layers.conv(f"global_path.{layer}", wide, dilation=dilation).relu()
    return layers.voxelwise("voxelwise", torch.cat([local, wide], dim=1))


def _curves(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1).reshape(-1, x.shape[1], 1)


def _as_map(values: Tensor, x: Tensor) -> Tensor:
    return values.reshape(x.shape[0], *x.shape[2:], 1).permute(0, 3, 1, 2)


def _lstm(layers: Layers, x: Tensor) -> Tensor:
    states = _curves(x)
    for layer in range(3):
        states = layers.lstm("cells", states, layer)
    return _as_map(torch.tanh(layers.linear("last", states[:, -1])), x)


def _ab_lstm(layers: Layers, x: Tensor) -> Tensor:
    states = _curves(x)
    for layer in range(2):
        both = [layers.lstm("cells", states, layer, suffix) for suffix in ("", "_reverse")]
        states = torch.cat(both, dim=-1)
    weights = torch.softmax(layers.linear("score", states), dim=1)
    return _as_map(torch.tanh(layers.linear("last", (weights * states).sum(dim=1))), x)


def _se_net(layers: Layers, x: Tensor) -> Tensor:
    weights = torch.sigmoid(layers.excitation("excitation", x.mean(dim=(2, 3))))
    return layers.local("network.", weights[..., None, None] * x)


def _fcsa_net(layers: Layers, x: Tensor) -> Tensor:
    s1 = layers.gate("frames", x) * x
    return layers.body("csab.", s1, lambda f: layers.csab("csab.block", f))


SHEETS = {
    "cnn-local": lambda layers, x: layers.local("", x),
    "cnn-local-global": _cnn_local_global,
    "lstm": _lstm,
    "ab-lstm": _ab_lstm,
    "se-net": _se_net,
    "cbam": lambda layers, x: layers.body("", x, lambda f: layers.cbam("block", f)),
    "cnn-local-fab": lambda layers, x: layers.local("network.", layers.gate("frames", x) * x),
    "csab": lambda layers, x: layers.body("", x, lambda f: layers.csab("block", f)),
    "fcsa-net": _fcsa_net,
    "fcsa-body": lambda layers, x: layers.body("", x, lambda f: f),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_patch_of_32_voxels_is_the_sheet(name: str):
    network, x = strengthened(NETWORKS[name]()), drawn_slices(*SIZE)
    expected = SHEETS[name](Layers(network), x)
    assert expected.std() > 1e-3
    torch.testing.assert_close(network(x), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["csab", "cnn-local-fab", "fcsa-net"])
def test_a_patch_of_32_voxels_is_the_sheet_whatever_lies_inside(name: str):
    """Its gates see the patch as a whole, as they did in training."""
    network, x = strengthened(NETWORKS[name]()), drawn_slices(*SIZE)
    inside = drawn_slices(2, 32, 32, seed=1) > 0.7
    torch.testing.assert_close(network(x, inside), network(x))


def test_no_relu_stands_before_a_sigmoid():
    """With one, no weight could be below 0.5."""
    network = strengthened(NETWORKS["fcsa-net"]())
    for kind, weights in network.attention(drawn_slices(*SIZE)).items():
        assert (weights < 0.499).any(), kind
