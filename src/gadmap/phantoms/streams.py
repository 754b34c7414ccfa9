"""Random streams of one case that do not disturb each other."""

import numpy as np
import torch

_STREAMS = ("b1", "motion", "noise")


def stream_of(seed: int, purpose: str, visit: int = 0) -> torch.Generator:
    """Generator of `purpose`, apart from that of `seed` itself and from the other purposes.

    What one of them draws, or does not, changes nothing in the rest of the phantom. Another visit
    has another stream.
    """
    words = (seed, _STREAMS.index(purpose), *((visit,) if visit else ()))
    state = np.random.SeedSequence(words).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(state[0] >> 1))
