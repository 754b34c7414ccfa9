"""`gadmap evaluate`: trained networks against the fit and the truth, on patients they never saw."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from gadmap.evaluation import FIT, METRICS, Difference, Key, Scores, differences, rows_of
from gadmap.evaluation.tables import NOTE, csv_text, differences_records, figures
from gadmap.io import results_folder
from gadmap.io.strict_json import write_json
from gadmap.networks.checkpoint import TrainedNetwork, read_network
from gadmap.pipeline.comparable import recipe_behind, require_alike, row_names
from gadmap.pipeline.inputs import PathLike
from gadmap.pipeline.patients import PreparedPatients, prepared_patients
from gadmap.pipeline.score import fit_scores, network_scores
from gadmap.pipeline.stages import Stages, Watch, unwatched
from gadmap.training import Recipe

_COMPARED = (("fit", "ssim"), ("fit", "rmse"), ("truth", "rmse"))


@dataclass(frozen=True, eq=False, kw_only=True)
class Evaluation:
    """What a run of `evaluate_networks` found.

    Attributes
    ----------
    scores
        Of each file of weights, and of the exact fit itself where a truth is known.
    differences
        The first row less every other, and every row's error to the truth less the fit's own.
    remarks
        Which patients were used, and what could not be.
    files
        Everything written; nothing where no folder was given.
    seconds
        Wall-clock time of each stage [s].
    """

    scores: Sequence[Scores]
    differences: Sequence[tuple[Key, Difference]]
    remarks: tuple[str, ...]
    files: list[Path]
    seconds: Mapping[str, float]


def evaluate_networks(
    weights: Sequence[PathLike],
    data: PathLike,
    out: PathLike | None = None,
    *,
    cache: PathLike | None = None,
    whole_slices: int = 2,
    jobs: int = 1,
    overwrite: bool = False,
    watch: Watch = unwatched,
) -> Evaluation:
    """Compare networks on the patients that none of them was trained or chosen on.

    Parameters
    ----------
    weights
        Files of `gadmap train`. Those that differ in their seed only are trainings of one row.
    data
        "phantom" for the cohort of the weights' own recipe, or a folder of examinations.
    out
        Folder for scores.csv, differences.csv and scores.json, all of them or none.
    cache
        Folder of prepared patients, of a training or a reproduction; else they are made anew.
    whole_slices
        Slices of each patient that are compared whole, beside the paper's regions.
    jobs
        Processes that prepare patients, two at most.

    Raises
    ------
    ValueError
        If the weights map other quantities, on other scales or frames, were made for other
        regions or patients, or have seen every patient.
    FileExistsError
        If `out` holds results and `overwrite` is false.
    """
    stages = Stages(watch)
    files = [Path(file) for file in weights]
    networks = [read_network(file) for file in files]
    recipes = [recipe_behind(file, network) for file, network in zip(files, networks, strict=True)]
    require_alike(files, networks, recipes)
    names = row_names(files, networks, recipes)
    seen = {digest for network in networks for digest in network.provenance["seen"]}
    with _folder(cache) as folder, stages.stage("patients") as progress:
        prepared = prepared_patients(
            data, recipes[0], folder, skip=seen, jobs=jobs, progress=progress
        )
        _require_patients(prepared)
        with stages.stage("scores"):
            scores = _scores(networks, names, prepared, recipes[0], whole_slices)
    found = list(_differences(scores))
    remarks = _remarks(prepared, str(data))
    written = [] if out is None else _write(Path(out), scores, found, remarks, overwrite)
    return Evaluation(
        scores=scores, differences=found, remarks=remarks, files=written, seconds=stages.seconds
    )


@contextmanager
def _folder(cache: PathLike | None) -> Iterator[Path]:
    """Where prepared patients are kept: as given, or only while they are needed."""
    if cache is not None:
        yield Path(cache)
        return
    with TemporaryDirectory(prefix="gadmap-") as folder:
        yield Path(folder)


def _require_patients(prepared: PreparedPatients) -> None:
    if prepared.patients:
        return
    refused = "; ".join(f"{name}: {reason}" for name, reason in prepared.refused.items())
    raise ValueError(
        f"no patient to test on: {refused}"
        if refused
        else "no patient to test on: the weights were trained or chosen on every one of them"
    )


def _scores(
    networks: Sequence[TrainedNetwork],
    names: Sequence[str],
    prepared: PreparedPatients,
    recipe: Recipe,
    slices: int,
) -> list[Scores]:
    patients = prepared.patients
    found = [
        network_scores(network, name, patients.values(), recipe, slices)
        for network, name in zip(networks, names, strict=True)
    ]
    own = fit_scores(networks[0].scales, patients.values(), recipe, slices)
    return [*found, own] if own.found else found


def _differences(scores: Sequence[Scores]) -> Iterator[tuple[Key, Difference]]:
    """In regions: the first row less every other, and errors to the truth less the fit's own."""
    quantities = dict.fromkeys(key.quantity for one in scores for key in one.found)
    for quantity in quantities:
        for reference, name in _COMPARED:
            key = Key(view="regions", reference=reference, quantity=quantity)
            rows = [row for row in rows_of(scores, key) if row.name != FIT]
            pairs = [(rows[0], row) for row in rows[1:]]
            yield from ((key, one) for one in differences(pairs, METRICS[name]))
        key = Key(view="regions", reference="truth", quantity=quantity)
        rows = {row.name: row for row in rows_of(scores, key)}
        pairs = [(row, rows[FIT]) for name, row in rows.items() if name != FIT]
        yield from ((key, one) for one in differences(pairs, METRICS["rmse"]))


def _remarks(prepared: PreparedPatients, data: str) -> tuple[str, ...]:
    count = len(prepared.patients)
    what = "phantom" if data == "phantom" else "patient"
    return (
        f"{count} {what}{'' if count == 1 else 's'} that no file was trained or chosen on",
        *(f"{name} left out: {reason}" for name, reason in sorted(prepared.refused.items())),
    )


def _write(
    out: Path,
    scores: Sequence[Scores],
    found: Sequence[tuple[Key, Difference]],
    remarks: tuple[str, ...],
    overwrite: bool,
) -> list[Path]:
    """The tables, all of them or none."""
    rows, compared = figures(scores), differences_records(found)
    record = {
        "note": NOTE,
        "remarks": list(remarks),
        "figures": rows,
        "differences": compared,
        "scores": [one.record() for one in scores],
    }
    with results_folder(out, overwrite) as folder:
        (folder / "scores.csv").write_text(csv_text(rows), encoding="utf-8")
        (folder / "differences.csv").write_text(csv_text(compared), encoding="utf-8")
        write_json(folder / "scores.json", record)
    return [out / name for name in ("scores.csv", "differences.csv", "scores.json")]
