"""One training and its evaluation, in a process of its own: `python -m gadmap.pipeline.unit`."""

import os
import sys
import threading
from pathlib import Path

import torch

from gadmap.networks.checkpoint import read_network
from gadmap.pipeline.cases import case_maps, case_names, write_case_maps
from gadmap.pipeline.patients import prepared_patients
from gadmap.pipeline.plan import Plan, Unit, plan_from
from gadmap.pipeline.score import network_scores
from gadmap.pipeline.train import train_network
from gadmap.pipeline.whole_json import write_whole_json
from gadmap.training import split_patients


def run_unit(plan: Plan, unit: Unit) -> None:
    """Train, unless that is done, then evaluate, unless that is done.

    Raises
    ------
    ValueError, OSError
        If the training fails.
    """
    recipe = plan.recipe_of(unit)
    if not plan.weights(unit).exists():
        train_network(plan.data, plan.training(unit), recipe, cache=plan.cache, resume=True)
    if plan.scores(unit).exists():
        return
    trained = read_network(plan.weights(unit))
    patients = prepared_patients(plan.data, recipe, plan.cache).patients
    test = split_patients(list(patients), recipe.split, recipe.split_seed).test
    shown = (patients[name] for name in case_names(test))
    write_case_maps(plan.maps(unit), case_maps(trained, shown, trained.quantities[0]))
    scores = network_scores(
        trained, unit.network, (patients[n] for n in test), recipe, plan.budget.whole_slices
    )
    write_whole_json(plan.scores(unit), scores.record())


def _end_with_the_parent() -> None:
    """End this process when the one that started it is gone and so closes our standard input."""

    def wait() -> None:
        while os.read(0, 1):
            pass
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def main() -> None:
    """Run the unit that the arguments name: OUT DATA NETWORK SEED.

    Nothing is caught: the last line that Python prints says what failed.
    """
    out, data, network, seed = sys.argv[1:]
    _end_with_the_parent()
    torch.set_num_threads(1)
    run_unit(plan_from(Path(out), data), Unit(network=network, seed=int(seed)))


if __name__ == "__main__":
    main()
