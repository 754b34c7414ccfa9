"""Results of a made-up reproduction: networks that err by known amounts."""

from dataclasses import replace

import numpy as np

from gadmap.evaluation import FIT, Agreement, Key, Scores
from gadmap.evaluation.published import PUBLISHED
from gadmap.report.paper_results import Failure, PaperCase, PaperResults, TrainingCurve

NETWORKS = (*PUBLISHED, "fcsa-body")
PATIENTS = tuple(f"patient-{i:03d}" for i in range(1, 6))
FIT_ERROR = 0.008


def results(networks: tuple[str, ...] = NETWORKS, **changes: object) -> PaperResults:
    """Three trainings of each network on five patients."""
    made = PaperResults(
        real=False,
        data=("19 digital phantoms of a brain tumour, seed 0.", "They are not the paper's data."),
        budget="standard",
        steps=2000,
        seeds=(0, 1, 2),
        batch=64,
        patients=(12, 2, 5),
        networks=networks,
        quantity="ktrans",
        scale=0.12,
        scores=scores(networks),
        milliseconds={name: 1.0 + i for i, name in enumerate(networks)} | {FIT: 0.6},
        threads=2,
        processor="a test",
        minutes=dict.fromkeys(networks, (7.5, 8.0, 8.5)),
        parameters=dict.fromkeys(networks, 59041),
        curves=curves(networks),
        cases=tuple(case(name, networks) for name in PATIENTS[:3]),
        failures=(),
        record={"created": "2021-01-01", "recipe": {"steps": 2000, "batch": 64}},
    )
    return replace(made, **changes)


def rmse_of(network: str) -> float:
    """The paper's figure, or a little more for the row that the paper lacks."""
    return PUBLISHED[network].rmse[0] if network in PUBLISHED else 0.0105


def scores(networks: tuple[str, ...]) -> tuple[Scores, ...]:
    """Agreement with the paper's means, and spread over patients and seeds."""
    random = np.random.default_rng(6)
    common = random.normal(0, 0.15, len(PATIENTS))
    found = []
    for network in networks:
        for seed in range(3):
            retraining = random.normal(0, 0.06)
            found.append(_scores(network, seed, 1 + common + retraining))
    own = {
        Key(view=view, reference=kind, quantity="ktrans"): {
            p: _agreement(FIT_ERROR * (1 + spread), 0.93)
            for p, spread in zip(PATIENTS, common, strict=True)
        }
        for view in ("regions", "slices")
        for kind in ("truth", "truth-all")
    }
    return (*found, Scores(name=FIT, seed=None, found=own))


def _scores(network: str, seed: int, factors: np.ndarray) -> Scores:
    error = rmse_of(network)
    likeness = PUBLISHED[network].ssim[0] if network in PUBLISHED else 0.905
    squared = {"fit": error**2, "truth": error**2 + FIT_ERROR**2}
    squared["truth-all"] = 1.2 * squared["truth"]
    found = {
        Key(view=view, reference=kind, quantity="ktrans"): {
            p: _agreement(np.sqrt(square) * f, 1 - (1 - likeness) * f)
            for p, f in zip(PATIENTS, factors, strict=True)
        }
        for view in ("regions", "slices")
        for kind, square in squared.items()
    }
    return Scores(name=network, seed=seed, found=found)


def _agreement(error: float, likeness: float) -> Agreement:
    """Forty regions of one error."""
    voxels = 40 * 1024
    return Agreement(
        images=40,
        ssim=40 * likeness,
        psnr=-40 * 20 * float(np.log10(error)),
        voxels=voxels,
        squared=voxels * error**2,
        squared_unit=voxels * (0.12 * error) ** 2,
        error_unit=voxels * 0.0003,
    )


def curves(networks: tuple[str, ...]) -> tuple[TrainingCurve, ...]:
    """Losses that fall."""
    steps = np.arange(100.0, 2001.0, 100.0)
    return tuple(
        TrainingCurve(
            network=n, seed=s, steps=steps, loss=(0.02 + 0.01 * s) * (steps / 100) ** -0.8 + 1e-4
        )
        for n in networks
        for s in range(3)
    )


def case(name: str, networks: tuple[str, ...]) -> PaperCase:
    """A ring in a slice, with errors that grow from network to network."""
    random = np.random.default_rng(len(name))
    x, y = np.mgrid[:128, :128]
    radius = np.hypot(x - 70, y - 50)
    ktrans = 0.02 + 0.1 * np.exp(-(((radius - 12) / 4) ** 2))
    window = (slice(30, 110), slice(10, 90))
    fit = ktrans[window]
    return PaperCase(
        name=name,
        place="slice 5, voxels 30 to 109 by 10 to 89",
        gray=np.clip(1 - radius / 90, 0, 1),
        window=window,
        inside=(radius < 60)[window],
        fit=fit,
        truth=fit + random.normal(0, 0.002, fit.shape),
        top=0.12,
        estimates={n: fit + random.normal(0, 0.12 * rmse_of(n), fit.shape) for n in networks},
    )


FAILURE = Failure(network="lstm", seed=1, reason="killed by signal 9; was the memory used up?")
