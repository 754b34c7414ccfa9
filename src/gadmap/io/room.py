"""Where a reader puts the signal."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from jaxtyping import Float

Room: TypeAlias = Callable[[tuple[int, int, int, int]], Float[np.ndarray, "x y z time"]]
"""From the shape of a dynamic series to an array for its signal, the first index fastest."""
