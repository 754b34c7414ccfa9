"""What an output of 1 means."""

from collections.abc import Iterable, Mapping

import numpy as np
from jaxtyping import Float


def target_scales(
    targets: Iterable[Mapping[str, Float[np.ndarray, " _"]]], quantile: float
) -> dict[str, float]:
    """Upper quantile of each quantity over all patients' voxels where its target counts.

    A quantile, since the largest value is that of a vessel or of noise, and would press all
    tissue into the lowest percent of the outputs' range. To be given the training patients alone:
    the scale is a part of what is learned.

    Raises
    ------
    ValueError
        If a quantity counts nowhere, or its scale is 0.
    """
    found: dict[str, list[np.ndarray]] = {}
    for maps in targets:
        for quantity, values in maps.items():
            found.setdefault(quantity, []).append(values)
    scales: dict[str, float] = {}
    for quantity, parts in found.items():
        values = np.concatenate(parts)
        scale = float(np.quantile(values, quantile)) if values.size else 0.0
        if not scale > 0:
            raise ValueError(
                f"{quantity}: its {quantile:g} quantile over the training patients is {scale:g}, "
                f"of {values.size:,} voxels; expected more than 0. Does nothing enhance?"
            )
        scales[quantity] = scale
    return scales
