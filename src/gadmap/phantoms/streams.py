"""Random streams of one case that do not disturb each other."""

import numpy as np
import torch

_STREAMS = ("b1", "motion")


def stream_of(seed: int, purpose: str) -> torch.Generator:
    """Generator of `purpose`, apart from that of `seed` itself and from the other purposes.

    What one of them draws, or does not, changes nothing in the rest of the phantom.
    """
    state = np.random.SeedSequence((seed, _STREAMS.index(purpose))).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(state[0] >> 1))
