"""Networks that map a DCE-MRI series without arterial input and T1, and their files."""

from collections.abc import Callable

from torch import nn

from gadmap.networks.ab_lstm import AbLstm
from gadmap.networks.cbam import Cbam
from gadmap.networks.cnn_local import CnnLocal
from gadmap.networks.cnn_local_fab import CnnLocalFab
from gadmap.networks.cnn_local_global import CnnLocalGlobal
from gadmap.networks.csab import Csab
from gadmap.networks.fcsa_body import FcsaBody
from gadmap.networks.fcsa_net import FcsaNet
from gadmap.networks.lstm import Lstm
from gadmap.networks.se_net import SeNet

NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "cnn-local": CnnLocal,
    "cnn-local-global": CnnLocalGlobal,
    "lstm": Lstm,
    "ab-lstm": AbLstm,
    "se-net": SeNet,
    "cbam": Cbam,
    "cnn-local-fab": CnnLocalFab,
    "csab": Csab,
    "fcsa-net": FcsaNet,
    "fcsa-body": FcsaBody,
}
"""Name to network, called with `frames` and `outputs`; all share one call.

`network(x, inside)`: signal on the network's frames over its scale (b, frames, h, w) and the voxels
of the body (b, h, w), or None for all, to quantities over their scales (b, outputs, h, w).

Those with attention have `attention(x, inside)`, the weights that the call uses, by name.
"""

VOXELWISE = frozenset({"lstm", "ab-lstm"})
"""Networks that look at one voxel at a time, and compute those inside only."""

__all__ = ["NETWORKS", "VOXELWISE"]
