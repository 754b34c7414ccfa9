"""Trained networks by name, or by file."""

from pathlib import Path

from gadmap.networks import NETWORKS
from gadmap.networks.checkpoint import TrainedNetwork, read_network
from gadmap.networks.guided_file import GUIDED_NETWORK, TrainedGuided, read_guided

SUFFIX = ".safetensors"

_WEIGHTS = Path(__file__).parent / "weights"


def shipped_weights() -> dict[str, Path]:
    """Network of `NETWORKS` to the file of weights that the package holds for it."""
    files = sorted(_WEIGHTS.glob(f"*{SUFFIX}"))
    return {file.stem: file for file in files if file.stem in NETWORKS}


def trained_network(which: str | Path) -> TrainedNetwork:
    """A trained network: the shipped one of that name, or that of a .safetensors file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If there is no such network, or none is shipped for it; or the file cannot be used.
    """
    if str(which).endswith(SUFFIX):
        return read_network(which)
    shipped = shipped_weights()
    if str(which) in shipped:
        return read_network(shipped[str(which)])
    there = f"shipped are weights of {', '.join(shipped) or 'no network'}"
    if which in NETWORKS:
        raise ValueError(
            f"no weights of {which} are shipped; {there}. Train it with gadmap train {which}, and "
            f"give the {SUFFIX} file"
        )
    raise ValueError(
        f"no network {str(which)!r}; there are {', '.join(NETWORKS)}, {there}; or give a "
        f"{SUFFIX} file"
    )


def trained_guided() -> TrainedGuided:
    """The guided network that the package holds.

    Raises
    ------
    FileNotFoundError
        If this installation lacks it.
    """
    return read_guided(_WEIGHTS / f"{GUIDED_NETWORK}{SUFFIX}")
