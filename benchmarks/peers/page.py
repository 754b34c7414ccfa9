"""The page that a comparison becomes."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template

import numpy as np

from curves import HCT, RANGES
from peers.accuracy import Accuracy, failures, root_mean_square
from peers.made_curves import FINER, NOISE, NOISIER
from peers.results import SIZES, Compared, Peer

MODELS = {"tofts": "Tofts", "extended-tofts": "Extended Tofts"}

Results = Mapping[str, Mapping[str, Compared | str]]
"""By model and name of the peer; a line where it could not."""


def page(results: Results, peers: Sequence[Peer], versions: Mapping[str, str]) -> str:
    """The whole page, from `page.md`."""
    text = Path(__file__).with_name("page.md").read_text(encoding="utf-8")
    what = [(f"{peer.name} {versions[peer.name]}", peer.fits) for peer in peers]
    return Template(text).substitute(
        cores=os.cpu_count(),
        load=f"{os.getloadavg()[2]:.1f}",
        ratios=_ratios(results),
        peers=markdown(("", "what it fits"), what),
        haematocrit=HCT,
        noise=f"{NOISE:.0%}",
        finer=FINER,
        sections="\n\n".join(_section(model, results[model]) for model in MODELS),
        **{name: "{:g} to {:g}".format(*RANGES[name]) for name in ("ktrans", "ve", "vp")},
    )


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _ratios(results: Mapping[str, Mapping[str, Compared | str]]) -> str:
    """How many times faster gadmap is than the fastest peer, of all and of the nonlinear ones."""
    rows = []
    for model, name in MODELS.items():
        done = [one for one in results[model].values() if isinstance(one, Compared)]
        ours, peers = done[0], done[1:]
        for size in SIZES:
            cells = []
            for some in ([one for one in peers if one.peer.nonlinear], peers):
                best = max(some, key=lambda one: one.timed[size].speed)
                ratio = ours.timed[size].speed / best.timed[size].speed
                cells.append(f"{ratio:,.0f} ({best.peer.name})")
            rows.append((f"{name}, {size:,} curves", *cells))
    head = ("times as fast as", "the fastest nonlinear fit", "the fastest of all")
    return markdown(head, rows)


def _section(model: str, results: Mapping[str, Compared | str]) -> str:
    """The tables of a model."""
    ours = results["gadmap"]
    assert isinstance(ours, Compared), ours
    done = [one for one in results.values() if isinstance(one, Compared)]
    refused = [f"- {name}: {why}" for name, why in results.items() if isinstance(why, str)]
    parts = [f"## {MODELS[model]}", *(_speed(size, ours, done) for size in SIZES)]
    parts += [_accuracy(ours, done), _more_noise(done), *(["\n".join(refused)] if refused else [])]
    return "\n\n".join(parts)


def _speed(size: int, ours: Compared, done: list[Compared]) -> str:
    head = ("", "curves timed", "curves a second", "gadmap is faster by")
    head += ("processor time, µs a curve", "start and first call, s", "peak memory, MiB")
    rows = []
    for one in done:
        taken = one.timed[size]
        rows.append(
            (
                one.peer.name,
                f"{taken.count:,}",
                f"{taken.speed:,.0f}",
                f"{ours.timed[size].speed / taken.speed:,.0f}",
                f"{1e6 * taken.processor / taken.count:,.1f}",
                f"{taken.first:.1f}",
                f"{taken.peak / 2**20:,.0f}",
            )
        )
    return f"{size:,} curves:\n\n{markdown(head, rows)}"


def _accuracy(ours: Compared, done: list[Compared]) -> str:
    names = ", ".join(ours.truth)
    head = ("", f"bias {names}", "without noise", "and of smooth plasma")
    head += (f"RMSE {names}", "failed", "squares to gadmap's")
    sound = ~np.any([failures(one.found) for one in done], axis=0)
    rows = []
    for one in done:
        errors = root_mean_square(one.found, one.truth, sound)
        rows.append(
            (
                one.peer.name,
                *(_percents(found) for found in (one.noisy, one.straight, one.smooth)),
                ", ".join(f"{error:.3g}" for error in errors.values()),
                f"{one.noisy.failed:.1%}",
                f"{np.nanmedian(one.squares / ours.squares):.4f}",
            )
        )
    told = f"Accuracy, RMSE over the {sound.mean():.1%} of the curves where no fit failed:"
    return f"{told}\n\n{markdown(head, rows)}"


def _more_noise(done: list[Compared]) -> str:
    """Errors of ktrans as noise grows, over the curves that no fit failed at."""
    head = ("", *(f"{share:.0%}: RMSE, median error, failed" for share in NOISIER))
    rows = [[one.peer.name] for one in done]
    for share in NOISIER:
        sound = ~np.any([failures(one.noisier[share]) for one in done], axis=0)
        for row, one in zip(rows, done, strict=True):
            found = one.noisier[share]
            error = root_mean_square(found, one.truth, sound)["ktrans"]
            usual = np.abs(found["ktrans"] / one.truth["ktrans"] - 1)[sound]
            lost = failures(found).mean()
            row.append(f"{error:.3g}, {100 * np.median(usual):.1f} %, {lost:.1%}")
    return f"ktrans with more noise, {SIZES[0]:,} curves:\n\n{markdown(head, rows)}"


def _percents(found: Accuracy) -> str:
    return ", ".join(f"{100 * value:+.1f} %" for value in found.bias.values())
