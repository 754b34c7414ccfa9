"""The search in machine code and the one in torch, which serves other devices, find the same."""

import numpy as np
import pytest
import torch
from fit_cases import ONE_RATE, grid, noisy_curves

from gadmap.fitting.arrival import Arrival
from gadmap.fitting.by_curve import optimum_by_curve, tables
from gadmap.fitting.by_tile import optimum_by_tile
from gadmap.fitting.problem import make_problem
from gadmap.fitting.products import column_products
from gadmap.fitting.scan import scan_table
from gadmap.physics.convolution import exponential_convolution
from gadmap.physics.kinetics import KINETIC_MODELS


@pytest.mark.parametrize("own_weights", [False, True], ids=["equal weights", "own weights"])
@pytest.mark.parametrize("model", ["tofts", "extended-tofts"])
def test_both_searches_find_the_same_minimum(model, own_weights):
    curves, t, cp = noisy_curves(model, 1500, noise=0.3)
    curves = np.concatenate([curves, np.random.default_rng(0).standard_normal(curves.shape)])
    kinetic = KINETIC_MODELS[model]
    bounds = {q.name: q.bounds for q in kinetic.parameters}
    problem = make_problem(kinetic, bounds, torch.tensor(t), torch.tensor(cp))
    assert problem.grid is not None
    samples = torch.tensor(curves)
    rows = len(curves) if own_weights else 1
    weights = torch.rand(rows, t.size, generator=torch.Generator().manual_seed(1)).double() + 0.1
    columns = column_products(problem, weights)
    table = tables(problem, weights, columns)
    total, squares, here = optimum_by_curve(table, weights, samples)
    table = scan_table(problem, problem.grid, columns)
    total_there, squares_there, there = optimum_by_tile(problem, table, columns, weights, samples)
    torch.testing.assert_close(total, total_there)
    torch.testing.assert_close(squares, squares_there)
    gap = (here.reduction - there.reduction).abs() / (squares + there.reduction)
    assert gap.max() < 1e-8


@pytest.mark.parametrize("name", ["even", "uneven", "late gap"])
def test_columns_in_machine_code_are_the_convolution(name):
    t, cp = (torch.tensor(values) for values in grid(name))
    rates = torch.tensor([-0.2, 0.0, 1e-4, 0.3, 5.0, 5000.0], dtype=torch.float64)
    minutes = (t - t[0]) / 60
    here = Arrival(minutes, cp, 0.0).convolved(rates)
    torch.testing.assert_close(
        here, exponential_convolution(cp, minutes, rates), rtol=1e-12, atol=0
    )


@pytest.mark.parametrize("model", [*ONE_RATE, "vascular"])
def test_products_of_columns_are_the_same_for_weights_of_one_curve_and_of_many(model):
    """One row of weights goes through machine code, many through torch."""
    t, cp = (torch.tensor(values) for values in grid())
    kinetic = KINETIC_MODELS[model]
    problem = make_problem(kinetic, {q.name: q.bounds for q in kinetic.parameters}, t, cp)
    weights = torch.linspace(0, 2, t.numel(), dtype=torch.float64)[None]
    for one, many in zip(
        column_products(problem, weights),
        column_products(problem, weights.expand(2, -1)),
        strict=True,
    ):
        torch.testing.assert_close(one, many[:1], rtol=1e-12, atol=0)


@pytest.mark.parametrize("name", ["even", "uneven", "late gap"])
def test_columns_of_the_rate_grid_are_the_convolution_times_the_shifted_rate(name):
    t, cp = (torch.tensor(values) for values in grid(name))
    arrival = Arrival((t - t[0]) / 60, cp, 0.0)
    nodes = torch.linspace(-1.5, 8.5, 40, dtype=torch.float64)
    expected = torch.exp(nodes)[:, None] * arrival.convolved(torch.exp(nodes) - 0.4)
    torch.testing.assert_close(arrival.columns(nodes, 0.4), expected, rtol=1e-12, atol=0)
