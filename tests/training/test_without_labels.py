"""Laws of learning without labels: physics, likeness of features, regions of real examinations."""

from pathlib import Path

import numpy as np
import pytest
import torch
from small_patients import small_patients, small_recipe
from torch import nn

from gadmap.fitting import fit_curves
from gadmap.networks import NETWORKS
from gadmap.networks.fcsa_guided import Guidance
from gadmap.networks.guided_file import built_guided
from gadmap.phantoms import reference_object
from gadmap.phantoms.scene import scene
from gadmap.physics.forward import tissue_concentration
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.training import split_patients
from gadmap.training.discrepancy import mean_discrepancy
from gadmap.training.first_network import first_network
from gadmap.training.objective import last_features
from gadmap.training.physics import GuidedPhysics, OutputPhysics, misfit, roughness
from gadmap.training.real_exam import RealExam, real_exam
from gadmap.training.real_regions import Measured, RealBatch, RealRegions
from gadmap.training.recipe import recipe_of
from gadmap.training.snapshot import read_snapshot
from gadmap.training.train import train
from gadmap.training.training_set import paired_set, physics_set, training_set

SMALL = {"region_size": 16, "regions": 2, "slices": 1, "batch": 4}


@pytest.fixture(scope="module")
def guided() -> RealExam:
    """Regions of a scene for the guided network."""
    recipe = recipe_of(SMALL | {"network": "fcsa-net-guided", "mode": "physics"})
    return real_exam("scene", scene((3, 1, 4)).exam, recipe)


@pytest.fixture(scope="module")
def usual() -> RealExam:
    """Regions of a phantom for the paper's networks."""
    recipe = recipe_of(SMALL | {"mode": "physics", "quantity": "all"})
    return real_exam("phantom", reference_object(seed=5, matrix=64, slices=2).exam, recipe)


def fitted(measured: Measured, model: str) -> dict[str, torch.Tensor]:
    """The exact fit's parameters in a region."""
    shape = measured.counts.shape
    curves = measured.concentration.reshape(-1, measured.t.numel()).double().numpy()
    fit = fit_curves(curves, measured.t.double().numpy(), measured.plasma.double().numpy(), model)
    names = ("ktrans", "ve", "vp") if model == "extended-tofts" else ("ktrans", "ve")
    return {name: torch.tensor(fit[name].reshape(shape)).float() for name in names}


@pytest.mark.parametrize("model", ["tofts", "extended-tofts"])
def test_no_curve_is_nearer_than_the_exact_fits(model: str, guided: RealExam, usual: RealExam):
    """Its misfit is 0; any other parameters in its box have more."""
    measured = (guided if model == "extended-tofts" else usual).regions[0].measured
    best = fitted(measured, model)
    assert misfit(model, best, measured)[measured.counts].abs().max() < 2e-3
    in_box = measured.counts & (best["ktrans"] < 3) & (best["ve"] < 0.7)
    for name in best:
        other = misfit(model, best | {name: best[name] * 1.3 + 0.01}, measured)[in_box]
        assert (other > -2e-3).all()
        assert other.mean() > 1e-3


def test_misfit_does_not_ask_for_the_unit_of_concentration(guided: RealExam):
    measured = guided.regions[0].measured
    best = fitted(measured, "extended-tofts")
    other = {name: values * 1.2 for name, values in best.items()}
    twice = measured._replace(
        concentration=2 * measured.concentration,
        plasma=2 * measured.plasma,
        least=4 * measured.least,
    )
    assert torch.allclose(
        misfit("extended-tofts", other, measured), misfit("extended-tofts", other, twice), atol=1e-4
    )


def test_roughness_is_the_mean_step_and_stops_at_what_does_not_count(guided: RealExam):
    measured = guided.regions[0].measured
    everywhere = measured._replace(counts=torch.ones_like(measured.counts))
    flat, step = torch.ones(1, 16, 16), torch.zeros(1, 16, 16)
    step[:, 8:] = 0.5
    frames = measured.t.numel()
    assert roughness(flat, everywhere, 0.2) == 0
    assert roughness(step, everywhere, 0.25).item() == pytest.approx(16 * 0.5 / 0.25 / frames)
    half = everywhere._replace(counts=step[0] > 0)
    assert roughness(step, half, 0.2) == 0
    assert roughness(step, everywhere, 0.0) == 0


def test_discrepancy_is_none_for_one_distribution_and_grows_with_the_distance():
    generator = torch.Generator().manual_seed(0)

    def drawn(shift: float = 0.0) -> torch.Tensor:
        return torch.randn(200, 8, generator=generator) + shift

    same = torch.stack([mean_discrepancy(drawn(), drawn()) for _ in range(40)])
    assert same.mean().abs() < 3 * same.std() / 40**0.5
    apart = [mean_discrepancy(drawn(), drawn(shift)).item() for shift in (0.2, 0.5, 1.0, 3.0)]
    assert 5 * same.std() < apart[1] < apart[2] < apart[3] < 2
    one, other = drawn(), drawn(0.5)
    found = mean_discrepancy(one, other)
    assert torch.allclose(found, mean_discrepancy(other, one))
    assert torch.allclose(found, mean_discrepancy(10 * one, 10 * other), atol=1e-5)


@pytest.mark.parametrize("network", [*NETWORKS])
def test_features_are_what_enters_the_last_layer_a_row_a_voxel(network: str):
    torch.manual_seed(0)
    module = NETWORKS[network](frames=65, outputs=2).eval()
    signal = torch.rand(2, 65, 32, 32)
    with torch.no_grad(), last_features(module) as features:
        outputs = module(signal)
        rows = features()
    assert rows.shape[0] == 2 * 32 * 32
    last = [m for m in module.modules() if isinstance(m, nn.Conv2d | nn.Linear)][-1]
    planes = rows.unflatten(0, (2, 32, 32)).movedim(-1, 1)
    if isinstance(last, nn.Conv2d):
        again = last(planes)
    else:
        again = last(rows).unflatten(0, (2, 32, 32)).movedim(-1, 1)
    assert torch.allclose(torch.tanh(again), outputs, atol=1e-5)


def test_features_of_the_guided_network_reach_all_of_it(guided: RealExam):
    """They differ from voxel to voxel, and their gradient moves its first layer."""
    network, batch = built_guided(3).requires_grad_(True), whole(guided)
    with last_features(network) as features:
        network(batch.signal)
        rows = features()
    assert rows.shape == (batch.signal.base[:, 0].numel(), 64)
    rows.square().sum().backward()
    assert network.entry.weight.grad is not None
    assert network.entry.weight.grad.abs().max() > 0


def test_one_voxel_cannot_be_compared():
    one = torch.randn(1, 4, requires_grad=True)
    found = mean_discrepancy(one, torch.randn(50, 4))
    found.backward()
    assert found == 0
    assert torch.equal(one.grad, torch.zeros(1, 4))


def test_a_batch_is_a_function_of_seed_and_step(guided: RealExam):
    regions = RealRegions(guided.regions, 4, seed=1)
    one, again, other = regions.at(3), regions.at(3), regions.at(4)
    assert torch.equal(one.normal, again.normal)
    assert torch.equal(one.signal.base, again.signal.base)
    assert not torch.equal(one.normal, other.normal)
    halves = [regions.at(3, rank, 2) for rank in (0, 1)]
    assert torch.equal(halves[1].signal.base, one.signal.base[1::2])
    assert torch.equal(halves[1].normal, one.normal[1::2])


@pytest.mark.parametrize("frame", [5, 25])
def test_what_is_seen_and_what_was_measured_turn_together(
    frame: int, usual: RealExam, guided: RealExam
):
    """In every attitude a voxel's network sees the signal of its measured curve."""

    def pairs(batch: RealBatch, k: int) -> set[tuple[float, ...]]:
        signal, measured = batch.signal, batch.measured[k]
        seen = signal.curves[k][frame] if isinstance(signal, Guidance) else signal[k, frame]
        columns = (seen, measured.concentration[..., frame], measured.least, measured.counts)
        return set(zip(*(column.flatten().tolist() for column in columns), strict=True))

    for exam in (usual, guided):
        expected = pairs(RealRegions(exam.regions[:1], 1, seed=0).looks()[0], 0)
        turned = [RealRegions(exam.regions[:1], 2, seed=0).at(step) for step in range(6)]
        assert all(pairs(batch, k) == expected for batch in turned for k in range(2))
        assert len({batch.measured[0].least[0, 0].item() for batch in turned}) > 1


class Answer(nn.Module):
    """Says the same whatever it sees."""

    def __init__(self, outputs: torch.Tensor) -> None:
        super().__init__()
        self.outputs = nn.Parameter(outputs)

    def forward(self, signal: object) -> torch.Tensor:
        return self.outputs


def whole(exam: RealExam) -> RealBatch:
    return RealRegions(exam.regions, 99, seed=0).looks()[0]


def test_gradients_lead_outputs_to_the_exact_fit(guided: RealExam):
    """Without texture, descent on the outputs alone ends where the curve fits best."""
    measured = guided.regions[0].measured
    best = fitted(measured, "tofts")
    curve = tissue_concentration(KINETIC_MODELS["tofts"], best, measured.t, measured.plasma)
    within = (best["ktrans"] > 0.02) & (best["ktrans"] < 1) & (best["ve"] < 0.9)
    measured = measured._replace(
        least=(curve - measured.concentration).square().sum(dim=-1),
        counts=measured.counts & within,
    )
    assert measured.counts.sum() > 50
    batch = RealBatch(torch.zeros(1, 65, 16, 16), (measured,), torch.zeros(1, 3, 16, 16))
    answer = Answer(torch.full((1, 3, 16, 16), 0.3))
    objective = OutputPhysics({"ktrans": 1.0, "ve": 1.0, "kep": 5.0}, 0.0)
    optimizer = torch.optim.Adam(answer.parameters())
    for step in range(300):
        optimizer.param_groups[0]["lr"] = 0.1 * 0.985**step
        error, weight = objective(answer, batch)
        optimizer.zero_grad()
        (error / weight).backward()
        optimizer.step()
    ktrans, ve, kep = (values[measured.counts] for values in answer.outputs.detach()[0])
    true_ktrans, true_ve = best["ktrans"][measured.counts], best["ve"][measured.counts]
    for found, true in ((ktrans, true_ktrans), (ve, true_ve), (5 * kep, true_ktrans / true_ve)):
        assert (found / true - 1).abs().median() < 0.05


def test_a_guided_network_learns_what_noise_leaves_open(guided: RealExam):
    """The bound is lowest at the fit, with errors like the fit's: neither none nor huge."""
    batch = whole(guided)
    base, spread = batch.signal.base, batch.signal.spread
    objective = GuidedPhysics(0.0)

    def nats(widths: torch.Tensor, shift: float = 0.0) -> float:
        error, weight = objective(Answer(torch.cat([base + shift, widths], dim=1)), batch)
        return (error / weight).item()

    widths = [nats(spread.log() + added) for added in (-9, -6, -3, 0, 3)]
    assert 0 < int(np.argmin(widths)) < 4, widths
    assert nats(spread.log()) < nats(spread.log(), shift=0.5)


def test_a_network_that_has_learned_nothing_is_the_fit(guided: RealExam):
    batch = whole(guided)
    found = built_guided(3)(batch.signal)
    assert torch.allclose(found[:, :3], batch.signal.base, atol=1e-5)


def test_regions_lie_in_the_mask_and_fits_are_finite(usual: RealExam):
    assert len(usual.regions) >= 1
    for region in usual.regions:
        assert region.signal.shape == (1, 65, 16, 16)
        assert region.measured.counts.float().mean() > 0.5
    assert set(usual.fits) == {"ktrans", "ve", "kep"}
    assert all(np.isfinite(values).all() and values.size for values in usual.fits.values())


class KilledError(Exception):
    """Stands for the end of a process."""


@pytest.mark.parametrize("mode", ["physics", "hybrid", "adapt"])
def test_a_training_that_was_cut_off_goes_on_to_the_same_weights(
    mode: str, usual: RealExam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    recipe = small_recipe(mode=mode, quantity="all", steps=10, checkpoint_every=4)
    patients = small_patients()
    split = split_patients(list(patients), recipe.split, recipe.split_seed)
    exams = {"real": usual}
    if mode == "physics":
        data = physics_set(exams, recipe)
    else:
        data = paired_set(training_set(patients, split, recipe), exams, recipe)

    def run(folder: Path, *, resume: bool = False) -> dict[str, torch.Tensor]:
        folder.mkdir(exist_ok=True)
        network = first_network(recipe)
        return dict(train(network, data, recipe, folder, identity={}, resume=resume))

    straight = run(tmp_path / "straight")
    at = RealRegions.at

    def killed(self: RealRegions, step: int, rank: int = 0, world: int = 1) -> RealBatch:
        if step == 7:
            raise KilledError
        return at(self, step, rank, world)

    with monkeypatch.context() as patch:
        patch.setattr(RealRegions, "at", killed)
        with pytest.raises(KilledError):
            run(tmp_path / "cut")
    assert read_snapshot(tmp_path / "cut" / "checkpoint.safetensors").step == 4
    resumed = run(tmp_path / "cut", resume=True)
    assert all(torch.equal(straight[name], resumed[name]) for name in straight)
