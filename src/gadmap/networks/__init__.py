"""Networks that map a DCE-MRI series without arterial input and T1, and their files."""

from collections.abc import Callable

from torch import nn

from gadmap.networks.cnn_local import CnnLocal
from gadmap.networks.csab import Csab
from gadmap.networks.fcsa_net import FcsaNet

NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "cnn-local": CnnLocal,
    "csab": Csab,
    "fcsa-net": FcsaNet,
}
"""Name to network, called with `frames` and `outputs`; all share one call.

`network(x, inside)`: signal on the network's frames over its scale (b, frames, h, w) and the voxels
of the body (b, h, w), or None for all, to quantities over their scales (b, outputs, h, w).
"""

__all__ = ["NETWORKS"]
