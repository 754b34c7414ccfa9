"""Training: steps a second against a bare loop, and the peak memory of every network."""

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import torch

from curves import table
from gadmap.networks import NETWORKS
from gadmap.training.batches import Regions
from gadmap.training.crops import Batch, Crops, crop_edge, upright
from gadmap.training.curve import read_curve
from gadmap.training.first_network import first_network
from gadmap.training.losses import squared_error
from gadmap.training.recipe import Recipe
from gadmap.training.train import train
from gadmap.training.training_set import TrainingSet, batches_of

AIM, MEMORY_AIM = 0.8, 4.0  # of a bare loop; GB
PATIENTS, FRAMES = 12, 65


def noise_set(recipe: Recipe) -> TrainingSet:
    """As many regions as the paper's training patients have, of noise."""
    generator = torch.Generator().manual_seed(0)
    regions, edge = PATIENTS * recipe.slices * recipe.regions, crop_edge(recipe.region_size)
    grid = (regions, edge, edge)
    crops = Crops(
        torch.empty((*grid, FRAMES), dtype=torch.float16).uniform_(generator=generator),
        torch.rand((*grid, 1), generator=generator),
        torch.ones((*grid, 1), dtype=torch.float16),
        recipe.region_size,
    )
    looked_at = (upright(crops, torch.arange(recipe.batch)),)
    return TrainingSet(batches_of(crops, recipe), looked_at, {"ktrans": 1.0}, {})


def bare_loop(recipe: Recipe, batches: list[Batch], steps: int) -> float:
    """Seconds a step of the same network and optimizer on batches that lie ready in memory."""
    network = first_network(recipe)
    optimizer = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate)
    start = perf_counter()
    for step in range(steps):
        signal, target, weight = batches[step % len(batches)]
        error, count = squared_error(network(signal), target, weight)
        optimizer.zero_grad()
        (error / count).backward()
        optimizer.step()
    return (perf_counter() - start) / steps


def our_training(recipe: Recipe, data: TrainingSet, steps: int) -> float:
    """Seconds a step of `gadmap train`, batches and all, without start and end."""
    chosen = recipe.model_copy(update={"steps": 2 * steps, "validate_every": steps})
    with tempfile.TemporaryDirectory() as name:
        train(first_network(recipe), data, chosen, Path(name), identity={})
        first, last = read_curve(Path(name) / "curve.csv")
    return (last.seconds - first.seconds) / steps


def throughput(steps: int, rounds: int) -> None:
    """fcsa-net, by turns, so that both see the same machine; the medians count."""
    recipe = Recipe()
    data = noise_set(recipe)
    assert isinstance(data.batches, Regions)
    ready = [data.batches.at(step) for step in range(4)]
    bare_loop(recipe, ready, 2)
    pairs = [
        (bare_loop(recipe, ready, steps), our_training(recipe, data, steps)) for _ in range(rounds)
    ]
    bare, ours = (sorted(column)[rounds // 2] for column in zip(*pairs, strict=True))
    table(
        f"fcsa-net, batches of {recipe.batch}, {torch.get_num_threads()} threads",
        ("", "s a step", "share of a bare loop's speed"),
        [("bare loop, batches ready in memory", f"{bare:.3f}", "1"),
         ("gadmap train", f"{ours:.3f}", f"{bare / ours:.2f}, aim {AIM:g}")],
    )  # fmt: skip


def memory(network: str, steps: int) -> None:
    """Train one network for some steps and print seconds a step and the peak memory [GB]."""
    recipe = Recipe(network=network, steps=steps, validate_every=steps)
    with tempfile.TemporaryDirectory() as name:
        start = perf_counter()
        train(first_network(recipe), noise_set(recipe), recipe, Path(name), identity={})
        seconds = (perf_counter() - start) / steps
    print(f"{seconds:.2f} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f}")


def all_memories(steps: int) -> None:
    """Each network in a process of its own."""
    rows = []
    for network in NETWORKS:
        command = [sys.executable, __file__, "--network", network, "--steps", str(steps)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        rows.append((network, said[-2], f"{said[-1]} GB"))
    table(
        f"each network, {steps} steps, start and a look at the validation regions included",
        ("network", "s a step", f"peak memory, aim {MEMORY_AIM:g} GB"),
        rows,
    )


def main() -> None:
    """Throughput, then memory; with a network's name its memory alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", choices=list(NETWORKS))
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if options.network:
        memory(options.network, options.steps)
        return
    throughput(options.steps, options.rounds)
    all_memories(options.steps)


if __name__ == "__main__":
    main()
