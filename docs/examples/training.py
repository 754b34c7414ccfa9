"""
Training a network, in seconds instead of hours
===============================================

Four small phantoms and a hundred steps, to see the parts move: patients are made and prepared, split by patient, and a network learns
their true ktrans. A network worth using takes hours; ``gadmap train fcsa-net --data phantom --out run`` is the paper's protocol.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import gadmap
from gadmap.phantoms import patient_case, phantom_of
from gadmap.pipeline import train_network
from gadmap.training import CohortRecipe, Recipe

recipe = Recipe(
    network="cnn-local",
    mode="supervised-truth",
    steps=100,
    batch=8,
    regions=2,
    slices=2,
    split=(2, 1, 1),
    validate_every=10,
    cohort=CohortRecipe(count=4, matrix=64, slices=3),
)
folder = tempfile.TemporaryDirectory()
result = train_network("phantom", Path(folder.name) / "run", recipe)
result.split

# %%
# The loss on patients that the network learns from, and on one that it does not:

figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
steps = [point.step for point in result.curve]
axes.semilogy(steps, [point.training for point in result.curve], label="training")
axes.semilogy(steps, [point.validation for point in result.curve], label="validation")
axes.set(xlabel="step", ylabel="mean squared error")
axes.legend()

# %%
# The file of weights says what it maps, on which scale and how it came about. It is used like any estimator, here on a
# patient of another seed; no arterial input and no T1 are needed.

phantom = phantom_of(patient_case(1, 0, matrix=64, slices=3))
exam = gadmap.prepare(phantom.exam.series, aif="none")
maps = gadmap.estimate(exam, result.weights)
tumour = phantom.labels == phantom.tissues.index("tumour rim")
seen = tumour & maps.valid
print(f"ktrans in the rim: {np.mean(maps['ktrans'][seen]):.3f} 1/min")
print(f"truth:             {np.mean(phantom.truth['ktrans'][seen]):.3f} 1/min")
folder.cleanup()
