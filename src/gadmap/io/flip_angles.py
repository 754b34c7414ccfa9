"""Single volumes to the series of flip angles."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from gadmap.data import Acquisition, DceSeries, FlipAngleSeries
from gadmap.data.scratch import empty_beside, let_go

FlipVolume = tuple[Float[np.ndarray, "x y z"], Acquisition]


def require_one_each(volumes: Sequence[tuple[str, float | None]], where: str) -> None:
    """Raise ValueError where two volumes, by name and angle in degrees, have one flip angle."""
    by_angle: dict[float | None, str] = {}
    for name, angle in volumes:
        if angle in by_angle:
            raise ValueError(
                f"{where}: {by_angle[angle]} and {name} have one flip angle, {angle:g} degrees; "
                "expected a volume for each. Name those to use with --vfa"
            )
        by_angle[angle] = name


def flip_series(volumes: Sequence[FlipVolume], dynamic: DceSeries) -> FlipAngleSeries:
    """Volumes on the dynamic series' grid, put together by flip angle."""
    if not volumes:
        raise ValueError("no flip-angle volume given; expected at least two")
    volumes = sorted(volumes, key=lambda volume: volume[1].flip_angle)
    shape = (*volumes[0][0].shape, len(volumes))
    signal = empty_beside(dynamic.signal, shape)
    for angle, (volume, _) in enumerate(volumes):
        signal[..., angle] = volume
        let_go(signal)
    return FlipAngleSeries(
        signal=signal,
        acquisitions=tuple(acquisition for _, acquisition in volumes),
        affine=dynamic.affine,
    )
