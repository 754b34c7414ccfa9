"""How much a network weighs each of its frames in a slice, where it weighs frames at all."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from gadmap.estimators import NetworkInput, network_input
from gadmap.explanation import Region, explained_quantity, region_attention
from gadmap.explanation.seen import seen_slices
from gadmap.io.strict_json import plain
from gadmap.networks import NETWORKS
from gadmap.networks.checkpoint import TrainedNetwork
from gadmap.networks.shipped import trained_network
from gadmap.viewer.results import Results, Shown

SliceWeights = Callable[[int, int], dict[str, Any]]
"""From estimate and slice to `t` [s] and `weight` of each frame, a share of 1; or `why` not."""


def slice_weights(results: Results) -> SliceWeights:
    """The weights of every estimate and slice, each computed when it is first asked for."""

    @cache
    def network(estimate: int) -> tuple[TrainedNetwork, NetworkInput]:
        one = results.shown[estimate]
        trained = _used_network(one)
        assert one.exam is not None
        return trained, network_input(one.exam, trained.grid)

    @cache
    def weights(estimate: int, z: int) -> dict[str, Any]:
        if not (0 <= estimate < len(results.shown) and 0 <= z < results.grid[2]):
            raise KeyError(f"no slice {z} of estimate {estimate}")
        one = results.shown[estimate]
        if one.maps.estimator not in NETWORKS or one.exam is None:
            return {"why": ""}
        try:
            trained, seen = network(estimate)
            return _of_slice(trained, seen, z)
        except ValueError as error:  # the page says what is missing, and shows all else
            return {"why": f"No frame weights: {error}."}

    return weights


def _used_network(one: Shown) -> TrainedNetwork:
    """The network that made the maps: the shipped one, if its record is that of the maps.

    Raises
    ------
    ValueError
        If no weights are shipped, or the maps come from others.
    """
    name = one.maps.estimator
    trained = trained_network(name)
    recorded = json.loads(json.dumps(plain(dict(trained.provenance))))
    if recorded != one.maps.settings.get("provenance"):
        raise ValueError(f"the maps come from other weights of {name} than the shipped ones")
    return trained


def _of_slice(trained: TrainedNetwork, seen: NetworkInput, z: int) -> dict[str, Any]:
    mask = np.zeros(seen.body.shape, dtype=bool)
    mask[..., z] = True
    region = Region(mask=mask, words=f"slice {z}")
    attention = region_attention(seen_slices(trained, seen, region, explained_quantity(trained)))
    frames = None if attention is None else attention.mean_frames()
    if frames is None:
        return {"why": f"{trained.network} does not weigh frames."}
    series = seen.exam.series
    t = trained.grid.times + series.t[seen.exam.baseline_frames]
    return {"t": t, "weight": frames / frames.sum(), "why": ""}
