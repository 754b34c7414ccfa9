"""Networks: one 32 x 32 sample beside the exact fit, a whole slice, a whole examination."""

import argparse
from time import perf_counter

import torch

import gadmap
from curves import FRAMES, noisy_curves, seconds, table, times_and_plasma
from gadmap.estimators import NetworkEstimator
from gadmap.networks import NETWORKS
from gadmap.networks.checkpoint import TrainedNetwork, built_network
from gadmap.networks.frame_grid import RIDER_GRID
from gadmap.phantoms import reference_object

PATCH, SLICE, SLICES = 32, 256, 16
REPEATS, FEW = 300, 20
AIMS_MS = {"patch": 1.2, "slice": 80.0}
AIM_EXAM = 2.0  # s
PAPER_MS = {  # Table I, on its GPU; NLS is its least squares
    "NLS": 115_283.0,
    "cnn-local": 6.2,
    "cnn-local-global": 6.2,
    "lstm": 9.5,
    "ab-lstm": 9.5,
} | dict.fromkeys(("se-net", "cbam", "cnn-local-fab", "csab", "fcsa-net"), 7.3)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, default=SLICES, help="of the examination; 0 for none")
    options = parser.parse_args()
    patches()
    one_slice()
    if options.slices:
        examination(options.slices)


def patches() -> None:
    """Every network on one sample, and the fit of as many curves, in one run."""
    t, cp = times_and_plasma()
    curves = noisy_curves("tofts", PATCH * PATCH)
    fit = seconds(lambda: gadmap.fit_curves(curves, t, cp, standard_error=False), REPEATS)
    x = signal(PATCH)
    times = {"NLS": fit}
    with torch.inference_mode():
        for name in NETWORKS:
            module = built_network(name, {"frames": FRAMES, "outputs": 1})
            times[name] = seconds(lambda m=module: m(x), FEW if "lstm" in name else REPEATS)
    rows = [
        (
            "exact fit, fit_curves" if name == "NLS" else name,
            f"{1e3 * fastest:.2f}",
            f"{1e3 * usual:.2f}",
            f"{usual / fit[1]:.2f}",
            f"{PAPER_MS[name]:,.1f}" if name in PAPER_MS else "",
        )
        for name, (fastest, usual) in times.items()
    ]
    table(
        f"One sample of {PATCH} x {PATCH} voxels x {FRAMES} frames, {threads()}",
        ("", "fastest ms", "median ms", "times the fit", "paper ms"),
        rows,
    )
    print(f"aim: fcsa-net {AIMS_MS['patch']} ms. The paper's are of its own GPU and its own fit.")


def one_slice() -> None:
    """FCSA-net on a whole slice in one pass, the three quantities at once."""
    module = trained("fcsa-net").module
    x = signal(SLICE)
    with torch.inference_mode():
        fastest, usual = seconds(lambda: module(x), FEW)
    print(
        f"\nfcsa-net, {SLICE} x {SLICE} voxels in one pass, {threads()}: fastest "
        f"{1e3 * fastest:.0f} ms, median {1e3 * usual:.0f} ms; aim {AIMS_MS['slice']:.0f} ms"
    )


def examination(slices: int) -> None:
    """FCSA-net on the demonstration's examination, from the series read to the maps."""
    series = reference_object(matrix=SLICE, slices=slices).exam.series
    start = perf_counter()
    exam = gadmap.prepare(series, aif="none")
    prepared = perf_counter() - start
    estimator = NetworkEstimator(trained("fcsa-net"))
    fastest, usual = seconds(lambda: estimator.estimate(exam), 3)
    print(
        f"fcsa-net, examination of {slices} slices, {threads()}: mask and onset {prepared:.2f} s, "
        f"maps of three quantities fastest {fastest:.2f} s, median {usual:.2f} s; "
        f"aim {AIM_EXAM:g} s for 16 slices"
    )


def trained(name: str) -> TrainedNetwork:
    """A network for ktrans, ve and kep whose weights are drawn: its time is that of any."""
    configuration = {"frames": FRAMES, "outputs": 3}
    return TrainedNetwork(
        network=name,
        configuration=configuration,
        quantities=("ktrans", "ve", "kep"),
        scales={"ktrans": 0.2, "ve": 0.6, "kep": 2.0},
        grid=RIDER_GRID,
        provenance={},
        module=built_network(name, configuration),
    )


def signal(size: int) -> torch.Tensor:
    """A slice as the estimator hands it over: frames last in memory."""
    generator = torch.Generator().manual_seed(0)
    return torch.rand(1, size, size, FRAMES, generator=generator).movedim(-1, 1)


def threads() -> str:
    """How many threads torch uses."""
    return f"{torch.get_num_threads()} threads"


if __name__ == "__main__":
    main()
