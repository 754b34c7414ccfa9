"""The picture of `fit.md`: columns, one matrix product, and the sum of squares over kep."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from gadmap.fitting import fit_curves
from gadmap.physics.aifs import POPULATION_AIFS
from gadmap.physics.convolution import exponential_convolution
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.quantities import SECONDS_PER_MINUTE

PICTURE = Path(__file__).parent / "images" / "fit.png"
VOXELS, RATES, STEP, NOISE = 48, 96, 4.8, 0.03
SHOWN = (5, 20, 44)


def main() -> None:
    """Write the picture."""
    t = torch.arange(65, dtype=torch.float64) * STEP
    plasma = POPULATION_AIFS["parker"].plasma(t - 30, hct=0.42)
    curves = noisy_curves(t, plasma)
    rates = torch.logspace(-2, 1.3, RATES, dtype=torch.float64)
    columns = exponential_convolution(plasma, t / SECONDS_PER_MINUTE, rates)
    figure = plt.figure(figsize=(11, 4), layout="constrained")
    left, middle, right = figure.subfigures(1, 3, width_ratios=(1.1, 1.9, 1.1))
    draw_columns(left, t, rates, columns)
    draw_product(middle, curves, columns)
    draw_sums(right, t, plasma, curves, rates, columns)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(PICTURE, dpi=95)


def noisy_curves(t: torch.Tensor, plasma: torch.Tensor) -> torch.Tensor:
    """Curves (voxel, time) [mmol/L] of tissues whose kep rises from voxel to voxel."""
    kep = torch.logspace(-1, 0.6, VOXELS, dtype=torch.float64)
    ve = torch.full_like(kep, 0.25)
    tofts = KINETIC_MODELS["tofts"]
    clean = tissue_concentration(tofts, {"ktrans": kep * ve, "ve": ve}, t, plasma)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(3)).double()
    return clean + NOISE * noise


def draw_columns(
    figure: Figure, t: torch.Tensor, rates: torch.Tensor, columns: torch.Tensor
) -> None:
    """Plasma convolved with some of the exponentials."""
    axes = figure.subplots()
    colours = ScalarMappable(LogNorm(float(rates[0]), float(rates[-1])))
    for index in range(4, RATES, 12):
        column = columns[index] / columns[index].max()
        axes.plot(t, column, color=colours.to_rgba(float(rates[index])))
    axes.set(title="plasma * exp(-kep t)", xlabel="t [s]", yticks=[])
    figure.colorbar(colours, ax=axes, label="kep [1/min]")


def draw_product(figure: Figure, curves: torch.Tensor, columns: torch.Tensor) -> None:
    """The matrices: curves times columns gives products."""
    scaled = columns / columns.norm(dim=1, keepdim=True)
    product = curves @ scaled.T
    figure.suptitle("one matrix product for all voxels", fontsize=12)
    shapes = (65, RATES, RATES)
    panels = figure.subplots(1, 3, width_ratios=shapes)
    named = (
        (curves, "curves", "frame", "voxel", "×"),
        (scaled.T, "columns", "kep", "frame", "="),
        (product, "products", "kep", "voxel", ""),
    )
    for axes, (matrix, title, across, down, sign) in zip(panels, named, strict=True):
        axes.imshow(matrix.numpy(), aspect="auto", cmap="magma")
        axes.set(title=title, xlabel=across, ylabel=down, xticks=[], yticks=[])
        axes.text(1.02, 0.5, sign, transform=axes.transAxes, fontsize=16, va="center")


def draw_sums(
    figure: Figure,
    t: torch.Tensor,
    plasma: torch.Tensor,
    curves: torch.Tensor,
    rates: torch.Tensor,
    columns: torch.Tensor,
) -> None:
    """Sum of squares of some voxels over kep, from the products alone, and the fit's optimum."""
    axes: Axes = figure.subplots()
    fit = fit_curves(curves.numpy(), t.numpy(), plasma.numpy())
    squares = curves.square().sum(dim=1, keepdim=True)
    sums = squares - (curves @ columns.T).square() / columns.square().sum(dim=1)
    for voxel in SHOWN:
        line = axes.loglog(rates, sums[voxel])[0]
        axes.plot(fit["kep"][voxel], fit.sse[voxel], "o", color=line.get_color())
    axes.plot([], [], "ko", label="optimum of the fit")
    axes.set(title="sums of squares", xlabel="kep [1/min]")
    axes.set_ylim(top=float(np.max(sums[list(SHOWN)].numpy())) * 1.5)
    axes.legend(fontsize=8, frameon=False)


if __name__ == "__main__":
    main()
