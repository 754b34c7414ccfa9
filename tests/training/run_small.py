"""A small training in a process of its own, to be killed: `run_small.py FOLDER JSON [--resume]`."""

import json
import sys
from pathlib import Path

import torch
from small_patients import small_patients, small_recipe

from gadmap.training import split_patients
from gadmap.training.first_network import first_network
from gadmap.training.train import train
from gadmap.training.training_set import training_set


def run(folder: Path, choices: dict[str, object], resume: bool) -> dict[str, torch.Tensor]:
    """The chosen weights."""
    recipe, patients = small_recipe(**choices), small_patients()
    split = split_patients(list(patients), recipe.split, recipe.split_seed)
    data = training_set(patients, split, recipe)
    identity = {"recipe": json.loads(recipe.model_dump_json())}
    network = first_network(recipe)
    return dict(train(network, data, recipe, folder, identity=identity, resume=resume))


if __name__ == "__main__":
    torch.set_num_threads(1)
    run(Path(sys.argv[1]), json.loads(sys.argv[2]), "--resume" in sys.argv)
