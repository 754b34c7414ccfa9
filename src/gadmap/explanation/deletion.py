"""The deletion test: whether the frames that an explanation names matter to the estimate.

Frames are deleted in the order of an explanation and, to compare, in random orders; a faithful
explanation moves the estimate sooner. A deleted frame is replaced by interpolation in time between
its remaining neighbours: what the network would see had the frame not been acquired. Its value
before contrast instead would make curves that no tissue has, and the change would tell how the
network takes such curves and not what the frame was worth (Hooker et al., NeurIPS 2019).

References
----------
Samek et al., IEEE Trans Neural Netw Learn Syst 2017;28:2660-2673, section III (area over the
perturbation curve, against random orders).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from gadmap.explanation.seen import SeenRegion

RANDOM_ORDERS = 12
_SHARES = np.linspace(0.1, 0.8, 8)
_FEW = (1, 2, 3)
_NO_ESTIMATE = 1e-4  # of the quantity's scale


@dataclass(frozen=True, eq=False, kw_only=True)
class Deletion:
    """How the region's mean estimate changes as frames are deleted.

    Attributes
    ----------
    counts
        How many frames are deleted, rising from 0.
    change
        Explanation to the change of the estimate at each count, over the estimate.
    random
        The same of random orders.
    """

    counts: Int[np.ndarray, " count"]
    change: Mapping[str, Float[np.ndarray, " count"]]
    random: Float[np.ndarray, "order count"]

    def area(self, name: str) -> float:
        """Area between an explanation's curve and the mean of the random ones.

        Over the range of counts: by how much of the estimate an explanation's frames move it more
        than random ones do, on average. Above 0 is faithful, about 0 tells no more than chance.
        """
        return self._mean(self.change[name]) - self._mean(self.random.mean(axis=0))

    def beaten(self, name: str) -> int:
        """Number of random orders with a smaller area than the explanation's."""
        return sum(self._mean(self.change[name]) > self._mean(curve) for curve in self.random)

    def _mean(self, curve: Float[np.ndarray, " count"]) -> float:
        return float(np.trapezoid(curve, self.counts) / (self.counts[-1] - self.counts[0]))


def deletion_test(
    seen: SeenRegion,
    importance: Mapping[str, Float[np.ndarray, " frames"]],
    orders: int = RANDOM_ORDERS,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Deletion:
    """Change of the estimate by each explanation's order of frames, and by random orders.

    Parameters
    ----------
    importance
        Explanation to the importance of each frame; the most important goes first.
    orders, seed
        Random orders, and what draws them.
    progress
        Called with the orders of frames done and all of them.

    Raises
    ------
    ValueError
        If the region's mean estimate is about 0, so that no change can be told as a share of it.
    """
    whole = seen.estimate(seen.signal)
    if abs(whole) < _NO_ESTIMATE * seen.trained.scales[seen.quantity]:
        raise ValueError(
            f"the network's {seen.quantity} in the region is about 0, which leaves nothing to "
            "explain; choose a region that enhances"
        )
    frames = seen.signal.shape[1]
    counts = deletion_counts(frames)
    random = np.random.default_rng(seed)
    ranked = {name: np.argsort(-values, kind="stable") for name, values in importance.items()}
    drawn = [random.permutation(frames) for _ in range(orders)]
    total = len(ranked) + len(drawn)
    curves = []
    for done, order in enumerate([*ranked.values(), *drawn], start=1):
        curves.append(_curve(seen, order, counts, whole))
        if progress:
            progress(done, total)
    return Deletion(
        counts=counts,
        change=dict(zip(ranked, curves, strict=False)),
        random=np.stack(curves[len(ranked) :]),
    )


def deletion_counts(frames: int) -> Int[np.ndarray, " count"]:
    """No frame, the first few one by one, then up to 80 % of all."""
    counts = {0, *_FEW, *np.rint(_SHARES * frames).astype(int).tolist()}
    return np.array(sorted(count for count in counts if count <= frames - 2))


def without_frames(deleted: Bool[np.ndarray, " frames"]) -> Float[np.ndarray, "frames frames"]:
    """Weights of all frames (rows) in each frame (columns) once some are deleted.

    Linear between the remaining neighbours; before the first and after the last of these, level.
    """
    every, kept = np.arange(deleted.size), np.flatnonzero(~deleted)
    weights = np.zeros((deleted.size, deleted.size))
    weights[kept] = [np.interp(every, kept, own) for own in np.eye(kept.size)]
    return weights


def _curve(
    seen: SeenRegion,
    order: Int[np.ndarray, " frames"],
    counts: Int[np.ndarray, " count"],
    whole: float,
) -> Float[np.ndarray, " count"]:
    found = np.zeros(counts.size)
    for place, count in enumerate(counts):
        if count:
            deleted = np.zeros(order.size, dtype=bool)
            deleted[order[:count]] = True
            weights = torch.tensor(without_frames(deleted), dtype=seen.signal.dtype)
            changed = (seen.signal.movedim(1, -1) @ weights).movedim(-1, 1)  # channels stay last
            found[place] = abs(seen.estimate(changed) - whole) / abs(whole)
    return found
