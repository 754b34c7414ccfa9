import numpy as np
import pytest
import torch

from gadmap.physics.convolution import dispersed
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS

every_model = pytest.mark.parametrize("model", KINETIC_MODELS.values(), ids=list(KINETIC_MODELS))
T = torch.tensor([2.0, 4, 9, 13, 20, 24, 40, 44, 60, 110, 300], dtype=torch.float64)
PLASMA = torch.tensor([0, 0, 1, 7, 4, 2, 2.2, 1.5, 1.2, 1.0, 0.6], dtype=torch.float64)
TYPICAL = {
    "ktrans": [0.01, 0.2, 1.3],
    "ve": [0.05, 0.3, 0.9],
    "vp": [0.02, 0.01, 0.2],
    "fp": [5.0, 20.0, 120.0],
    "ps": [0.01, 0.2, 1.3],
}
NO_UPTAKE = {"ktrans": 0.0, "vp": 0.0, "fp": 0.0}


def typical(model):
    return {q.name: torch.tensor(TYPICAL[q.name], dtype=torch.float64) for q in model.parameters}


def tissue(name, plasma=PLASMA, **parameters):
    values = {k: torch.as_tensor(v, dtype=torch.float64) for k, v in parameters.items()}
    return tissue_concentration(KINETIC_MODELS[name], values, T, plasma)


def test_tofts_under_constant_plasma_fills_the_ees():
    """C(t) = ve (1 - exp(-kep t)) for 1 mmol/L from the first frame on; kep per minute, t in s."""
    found = tissue("tofts", torch.ones_like(T), ktrans=0.3, ve=0.4)
    expected = -0.4 * torch.expm1(-0.3 / 0.4 * (T - T[0]) / 60)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-15)


def test_patlak_under_constant_plasma_rises_in_a_line():
    """C(t) = vp + ktrans t."""
    found = tissue("patlak", torch.ones_like(T), ktrans=0.3, vp=0.1)
    torch.testing.assert_close(found, 0.1 + 0.3 * (T - T[0]) / 60, rtol=1e-12, atol=0)


def test_extended_tofts_without_plasma_volume_is_tofts():
    found = tissue("extended-tofts", ktrans=0.3, ve=0.4, vp=0.0)
    assert torch.equal(found, tissue("tofts", ktrans=0.3, ve=0.4))


def test_extended_tofts_is_tofts_plus_its_share_of_plasma():
    found = tissue("extended-tofts", ktrans=0.3, ve=0.4, vp=0.07)
    torch.testing.assert_close(found, tissue("tofts", ktrans=0.3, ve=0.4) + 0.07 * PLASMA)


def test_extended_tofts_without_return_is_patlak():
    """Patlak is the limit of an infinite extravascular volume."""
    found = tissue("extended-tofts", ktrans=0.3, ve=1e9, vp=0.07)
    torch.testing.assert_close(found, tissue("patlak", ktrans=0.3, vp=0.07), rtol=1e-7, atol=0)


def test_fast_exchange_makes_tofts_follow_the_plasma():
    found = tissue("tofts", ktrans=1e6, ve=0.4)
    torch.testing.assert_close(found[1:], 0.4 * PLASMA[1:], rtol=0, atol=1e-4)


def test_all_agent_that_enters_the_ees_leaves_it_again():
    """The area under the tissue curve is ve times that under the plasma curve."""
    t = torch.arange(0, 3600, 0.5, dtype=torch.float64)
    plasma = torch.where(t < 60, t / 60, torch.exp(-(t - 60) / 100))
    values = {"ktrans": torch.tensor(0.4).double(), "ve": torch.tensor(0.3).double()}
    curve = tissue_concentration(KINETIC_MODELS["tofts"], values, t, plasma)
    area, plasma_area = torch.trapezoid(curve, t), torch.trapezoid(plasma, t)
    torch.testing.assert_close(area, 0.3 * plasma_area, rtol=1e-5, atol=0)


@every_model
def test_without_uptake_and_plasma_volume_there_is_no_agent_in_tissue(model):
    values = {
        q.name: torch.tensor(NO_UPTAKE.get(q.name, 0.3), dtype=torch.float64)
        for q in model.parameters
    }
    assert (tissue_concentration(model, values, T, PLASMA) == 0).all()


@every_model
def test_tissue_is_linear_in_the_plasma(model):
    other, values = PLASMA.flip(0), typical(model)
    both = tissue_concentration(model, values, T, 2 * PLASMA - 0.5 * other)
    first, second = (tissue_concentration(model, values, T, p) for p in (PLASMA, other))
    torch.testing.assert_close(both, 2 * first - 0.5 * second, rtol=1e-10, atol=1e-12)


@every_model
def test_tissue_knows_nothing_of_later_plasma(model):
    changed = PLASMA.clone()
    changed[6:] += 5
    values = typical(model)
    before, after = (tissue_concentration(model, values, T, p) for p in (PLASMA, changed))
    assert torch.equal(before[:, :6], after[:, :6])
    assert (before[:, 6:] != after[:, 6:]).any(dim=1).all()


@every_model
def test_every_parameter_is_differentiable(model):
    names = [q.name for q in model.parameters]
    inputs = tuple(v.requires_grad_() for v in typical(model).values())
    plasma = PLASMA.clone().requires_grad_()

    def curve(plasma, *values):
        return tissue_concentration(model, dict(zip(names, values, strict=True)), T, plasma)

    assert torch.autograd.gradcheck(curve, (plasma, *inputs), eps=1e-7, atol=1e-6)


@every_model
def test_single_precision_keeps_five_digits_of_the_peak(model):
    values = typical(model)
    double = tissue_concentration(model, values, T, PLASMA)
    single = {name: value.float() for name, value in values.items()}
    found = tissue_concentration(model, single, T.float(), PLASMA.float())
    assert found.dtype == torch.float32
    assert (found.double() - double).abs().max() < 1e-5 * double.max()


@every_model
def test_a_grid_of_voxels_gives_a_grid_of_curves(model):
    values = {name: value.repeat(4).reshape(2, 2, 3) for name, value in typical(model).items()}
    curves = tissue_concentration(model, values, T, PLASMA)
    assert curves.shape == (2, 2, 3, T.numel())
    alone = tissue_concentration(model, typical(model), T, PLASMA)
    torch.testing.assert_close(curves[1, 0], alone, rtol=0, atol=0)


@every_model
def test_a_model_bears_its_lexicon_code_and_known_quantities(model):
    """CAPLEX codes of indicator concentration models start with M.IC1."""
    assert model.code.startswith("M.IC1.")
    assert KINETIC_MODELS[model.name] is model
    assert all(q.bounds[0] < q.bounds[1] for q in model.parameters)


@every_model
def test_a_delay_of_whole_frames_moves_the_curve_by_them(model):
    t = torch.arange(40, dtype=torch.float64) * 5.0
    plasma = torch.where(t > 20, torch.exp(-t / 80), 0.0)
    values = {q.name: torch.tensor([0.2], dtype=torch.float64) for q in model.parameters}
    at_once = tissue_concentration(model, values, t, plasma)
    late = tissue_concentration(model, values, t, plasma, torch.tensor([10.0]).double())
    torch.testing.assert_close(late[:, 2:], at_once[:, :-2], rtol=1e-12, atol=1e-14)
    assert not late[:, :2].any()


@every_model
def test_a_delay_within_a_frame_is_that_of_a_finer_grid(model):
    fine = torch.arange(400, dtype=torch.float64) * 0.5
    t = fine[::10]
    plasma = torch.where(t > 20, torch.exp(-t / 80), 0.0)
    between = torch.tensor(np.interp(fine.numpy(), t.numpy(), plasma.numpy()))
    values = {q.name: torch.tensor([0.2], dtype=torch.float64) for q in model.parameters}
    late = tissue_concentration(model, values, t, plasma, torch.tensor([3.5]).double())
    finely = tissue_concentration(model, values, fine, between)
    torch.testing.assert_close(
        late[:, 1:], finely[:, 3::10][:, : t.numel() - 1], rtol=1e-10, atol=0
    )


@every_model
def test_the_delay_is_differentiable(model):
    t = torch.arange(12, dtype=torch.float64) * 5.0
    plasma = torch.where(t > 10, torch.exp(-t / 80), 0.0)
    names = [q.name for q in model.parameters]
    point = [torch.full((2,), 0.2, dtype=torch.float64, requires_grad=True) for _ in names]
    delay = torch.tensor([1.3, -2.2], dtype=torch.float64, requires_grad=True)

    def curve(*point):
        return tissue_concentration(
            model, dict(zip(names, point[:-1], strict=True)), t, plasma, point[-1]
        )

    assert torch.autograd.gradcheck(curve, (*point, delay))


@every_model
def test_a_dispersion_is_differentiable_too(model):
    """Also where the exchange is as fast as the dispersion, and where there is none."""
    names = [q.name for q in model.parameters]
    typical_values = typical(model)
    if "ve" in names and "ktrans" in names:
        typical_values["ve"] = typical_values["ktrans"] * 5 / 60  # kep of 12 1/min, 1 / 5 s
    inputs = tuple(v.requires_grad_() for v in typical_values.values())
    tau = torch.tensor([5.0, 0.0, 17.0], dtype=torch.float64, requires_grad=True)
    plasma = PLASMA.clone().requires_grad_()

    def curve(plasma, tau, *values):
        named = dict(zip(names, values, strict=True))
        return tissue_concentration(model, named, T, plasma, dispersion=tau)

    assert torch.autograd.gradcheck(curve, (plasma, tau, *inputs), eps=1e-7, atol=1e-6)


@every_model
def test_without_dispersion_the_model_is_the_plain_one(model):
    none = torch.zeros(3, dtype=torch.float64)
    plain = tissue_concentration(model, typical(model), T, PLASMA)
    assert torch.equal(tissue_concentration(model, typical(model), T, PLASMA, None, none), plain)
    little = tissue_concentration(model, typical(model), T, PLASMA, None, none + 1e-9)
    torch.testing.assert_close(little, plain, rtol=1e-8, atol=1e-8)


@every_model
def test_a_dispersed_curve_is_that_of_dispersed_plasma(model):
    """The plasma smeared on a fine grid, and the plain model under that."""
    t = torch.arange(0, 120.05, 0.05, dtype=torch.float64)
    plasma = torch.relu(t - 10) * torch.exp(-t / 20)
    tau = torch.full((3,), 6.0, dtype=torch.float64)
    smeared = dispersed(plasma, t, tau[0])
    here = tissue_concentration(model, typical(model), t, plasma, None, tau)
    there = tissue_concentration(model, typical(model), t, smeared)
    torch.testing.assert_close(here, there, rtol=0, atol=1e-5 * float(there.max()))


def test_a_delay_and_a_dispersion_together_are_refused():
    late = torch.zeros(3, dtype=torch.float64)
    model = KINETIC_MODELS["tofts"]
    with pytest.raises(ValueError, match="a delay and a dispersion are both given"):
        tissue_concentration(model, typical(model), T, PLASMA, late, late)
