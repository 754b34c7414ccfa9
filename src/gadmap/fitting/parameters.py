"""From what the search finds to the parameters of the model."""

from math import log

import torch
from jaxtyping import Float
from torch import Tensor

from gadmap.fitting.problem import Problem
from gadmap.fitting.rate_search import Optimum
from gadmap.physics.kinetics import LinearForm


def parameters_at(problem: Problem, optimum: Optimum) -> dict[str, Float[Tensor, " voxel"]]:
    """Every parameter of a linear form, and kep if it has one."""
    form = problem.model.form
    assert isinstance(form, LinearForm)
    amplitude = optimum.exponential * torch.exp(optimum.position)
    rate = problem.offset * torch.expm1(optimum.position - log(problem.offset))
    return form.parameters(optimum.share, amplitude, rate, problem.bounds)
