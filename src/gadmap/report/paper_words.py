"""What the page says in sentences: what came out, and what falls short of the aims and why."""

from collections.abc import Mapping

import numpy as np

from gadmap.evaluation import FIT, METRICS, Row, interval
from gadmap.evaluation.published import LABELS, PUBLISHED, STEPS, TRAININGS
from gadmap.evaluation.tables import printed
from gadmap.report.paper_differences import against_ours, against_the_fit
from gadmap.report.paper_results import PaperResults
from gadmap.report.paper_tables import LIKENESS, OURS, best_of

_REHEARSAL = 1000
"""With fewer steps nothing is learnt yet."""


def headline_tiles(results: PaperResults) -> list[tuple[str, str]]:
    """The numbers at the top: value and what it is."""
    rows = results.rows("fit")
    if OURS not in rows:
        return []
    tiles = []
    for shown in LIKENESS:
        paper = printed(shown, getattr(PUBLISHED[OURS], shown)[0])
        value = printed(shown, interval(rows[OURS], METRICS[shown]).value)
        tiles.append((value, f"{METRICS[shown].label} of FCSA-net to the fit; the paper's {paper}"))
    truth = results.rows("truth")
    if FIT in truth:
        tiles.append(
            (
                f"{_rmse(truth[OURS])} / {_rmse(truth[FIT])}",
                "RMSE to the truth: FCSA-net / the exact fit",
            )
        )
    return tiles


def shortfalls(results: PaperResults) -> list[str]:
    """Where the result differs from the paper's or from what one would wish, with the reasons."""
    said = [*_conditions(results), *_failures(results), *_aims(results)]
    return [*said, *_order(results), *_patients(results), *_truth(results), *_speed(results)]


def _conditions(results: PaperResults) -> list[str]:
    said = []
    if not results.real:
        said.append(
            "The data are phantoms, not the paper's patients: figures on them can be set beside "
            "the paper's, but do not repeat them. How hard the task is depends on the tissue, the "
            "noise and the scale, so absolute values differ; the order of the networks is what "
            "can be compared."
        )
    if results.steps < STEPS:
        less = f"{results.steps:,} training steps, the paper {STEPS:,}."
        if results.steps < _REHEARSAL:
            less += (
                " So few only show that everything runs: no figure here says what a network can."
            )
        said.append(less)
    if len(results.seeds) < TRAININGS:
        count = len(results.seeds)
        trainings = "one training" if count == 1 else f"{count} trainings"
        said.append(
            f"{trainings.capitalize()} of each network, the paper {TRAININGS}"
            + (": the noise of retraining is not known." if count == 1 else ".")
        )
    return said


def _failures(results: PaperResults) -> list[str]:
    return [
        f"{LABELS.get(one.network, one.network)}, seed {one.seed}, failed: {one.reason}"
        for one in results.failures
    ]


def _aims(results: PaperResults) -> list[str]:
    """FCSA-net against the paper's figures, and its place."""
    rows = {name: row for name, row in results.rows("fit").items() if name != FIT}
    if OURS not in rows:
        return ["FCSA-net is not among the rows."]
    missed = []
    for shown in LIKENESS:
        metric, aim = METRICS[shown], getattr(PUBLISHED[OURS], shown)[0]
        value = interval(rows[OURS], metric).value
        if metric.better * (value - aim) < 0:
            missed.append(f"{metric.label} {printed(shown, value)} for {printed(shown, aim)}")
    said = [f"FCSA-net does not reach the paper's figures: {', '.join(missed)}."] if missed else []
    places = [place(rows, OURS, shown) for shown in LIKENESS]
    if places != [1, 1, 1] and len(rows) > 1:
        each = ", ".join(f"{METRICS[s].label} {p}" for s, p in zip(LIKENESS, places, strict=True))
        first = LABELS.get(best_of(rows, "rmse") or "", "–")
        said.append(
            f"FCSA-net is not first everywhere: its place among {len(rows)} is {each}. "
            f"The lowest RMSE is that of {first}."
        )
    stands = [one for one in against_ours(results, "rmse") if one.verdict == "yes"]
    said.append(
        f"Of {len(rows) - 1} differences in RMSE between FCSA-net and another network, "
        f"{len(stands)} stand{'s' if len(stands) == 1 else ''} over patients and over trainings."
    )
    return said


def place(rows: Mapping[str, Row], name: str, shown: str) -> int:
    """Rank of a row, 1 for the best."""
    metric = METRICS[shown]
    values = {n: metric.better * float(row.pooled(metric).mean()) for n, row in rows.items()}
    return 1 + sum(value > values[name] for value in values.values())


def _order(results: PaperResults) -> list[str]:
    from scipy.stats import rankdata  # slow to import, and only the page of the paper ranks

    rows = results.rows("fit")
    names = [name for name in rows if name in PUBLISHED]
    if len(names) < 4:
        return []
    ours = [float(rows[name].pooled(METRICS["rmse"]).mean()) for name in names]
    theirs = [PUBLISHED[name].rmse[0] for name in names]
    rank = float(np.corrcoef(rankdata(ours), rankdata(theirs))[0, 1])
    said = (
        f"The order of the {len(names)} networks by RMSE correlates with the paper's by "
        f"{rank:.2f} (Spearman; 1 is the same order)."
    )
    return [said]


def _patients(results: PaperResults) -> list[str]:
    test = results.patients[2]
    if test >= 10:
        return []
    said = (
        f"{test} test patients tell little: even a difference of the same sign in all of them "
        f"cannot pass the correction for several comparisons. The paper had 5."
    )
    return [said]


def _truth(results: PaperResults) -> list[str]:
    rows = results.rows("truth")
    if FIT not in rows:
        return ["No truth is known for these data: agreement with the fit is all that can be told."]
    own = interval(rows[FIT], METRICS["rmse"]).value
    closer = [
        LABELS.get(name, name)
        for name, row in rows.items()
        if name != FIT and interval(row, METRICS["rmse"]).value < own
    ]
    sure = sum(one.verdict == "yes" and one.value < 0 for one in against_the_fit(results))
    if not closer:
        return ["No network is closer to the truth than the exact fit that it was trained on."]
    said = (
        f"Closer to the truth than the exact fit: {', '.join(closer)}; of these differences "
        f"{sure} stand{'s' if sure == 1 else ''} over patients and over trainings."
    )
    return [said]


def _speed(results: PaperResults) -> list[str]:
    ms = results.milliseconds
    faster = [LABELS.get(n, n) for n in results.networks if n in ms and ms[n] < ms.get(FIT, 0)]
    if FIT not in ms:
        return []
    if faster:
        return [f"Faster than the exact fit in Table I: {', '.join(faster)}."]
    said = (
        "No network is faster than the exact fit: the paper's least squares took 115 s for what "
        f"takes {ms[FIT]:.2g} ms here, so speed is no reason for a network."
    )
    return [said]


def _rmse(row: Row) -> str:
    return printed("rmse", interval(row, METRICS["rmse"]).value)
