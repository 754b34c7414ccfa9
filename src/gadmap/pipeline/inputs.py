"""What a user may give, paths above all, to what the preparation takes."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
from jaxtyping import Bool, Float

from gadmap.data import Aif, DceSeries, Exam, FlipAngleSeries
from gadmap.io import AifTable, read_aif, read_flip_angles, read_volume
from gadmap.io.sidecar import read_sidecar
from gadmap.physics.aifs import POPULATION_AIFS

PathLike: TypeAlias = str | Path
FlipAngles: TypeAlias = FlipAngleSeries | PathLike | Sequence[PathLike] | None

_TABLES = (".csv", ".tsv", ".txt")
_VOLUMES = (".nii", ".nii.gz")
_PERCENT = ("percent", "%")


def flip_angles_from(vfa: FlipAngles, series: DceSeries) -> FlipAngleSeries | None:
    """Flip-angle volumes as given, or from one or more paths."""
    if vfa is None or isinstance(vfa, FlipAngleSeries):
        return vfa
    paths = [vfa] if isinstance(vfa, str | Path) else list(vfa)
    return read_flip_angles(paths, series)


def t10_from(
    t10: float | str | Path | np.ndarray | None, series: DceSeries
) -> float | Float[np.ndarray, "x y z"] | None:
    """Native T1 [s]: a number, also as text, an array, or a NIfTI file's."""
    if isinstance(t10, str) and not _is_volume(t10):
        try:
            return float(t10)
        except ValueError:
            raise ValueError(
                f"t10 is {Path(t10).name!r}; expected seconds, or a NIfTI file of T1 in seconds"
            ) from None
    return read_volume(t10, series, "T10 map") if isinstance(t10, str | Path) else t10


def b1_from(b1: PathLike | np.ndarray | None, series: DceSeries) -> np.ndarray | None:
    """Actual over nominal flip angle, as given or from a NIfTI file.

    A file whose sidecar gives its Units as percent, as BIDS recommends for TB1map, holds 100 times
    that.
    """
    if not isinstance(b1, str | Path):
        return b1
    values = read_volume(b1, series, "B1 map")
    return values / 100 if read_sidecar(Path(b1)).get("Units") in _PERCENT else values


def mask_from(
    mask: PathLike | np.ndarray | None, series: DceSeries
) -> str | Bool[np.ndarray, "x y z"]:
    """Voxels to estimate: "auto", "none", an array, or a NIfTI file that is non-zero inside."""
    if isinstance(mask, np.ndarray):
        return _inside(mask)
    if mask is None or str(mask) in ("auto", "none"):
        return "auto" if mask is None else str(mask)
    if not _is_volume(mask):
        raise ValueError(f"mask is {Path(mask).name!r}; expected 'auto', 'none' or a NIfTI file")
    return _inside(read_volume(mask, series, "mask"))


def aif_from(
    aif: PathLike | np.ndarray | Aif, series: DceSeries, hct: float | None
) -> str | Aif | Bool[np.ndarray, "x y z"]:
    """Arterial input: "auto", "none", a population's name, a curve, a mask, or a file of either.

    Raises
    ------
    ValueError
        If a file's curve is of whole blood and the haematocrit is not known.
    """
    if isinstance(aif, Aif):
        return aif
    if isinstance(aif, np.ndarray):
        return _inside(aif)
    if str(aif) in ("auto", "none", *POPULATION_AIFS):
        return str(aif)
    if str(aif).lower().endswith(_TABLES):
        return _plasma(read_aif(aif), series.hct if hct is None else hct)
    if _is_volume(aif):
        return _inside(read_volume(aif, series, "arterial mask"))
    raise ValueError(
        f"arterial input {Path(aif).name!r}; expected auto, none, {', '.join(POPULATION_AIFS)}, a "
        "CSV or TSV file of a curve, or a NIfTI mask"
    )


def reference_from(
    reference: PathLike | np.ndarray | None, series: DceSeries
) -> Bool[np.ndarray, "x y z"] | None:
    """Voxels of a reference tissue: an array, or a NIfTI file that is non-zero inside."""
    if reference is None or isinstance(reference, np.ndarray):
        return None if reference is None else _inside(reference)
    if not _is_volume(reference):
        raise ValueError(
            f"reference is {Path(reference).name!r}; expected a NIfTI mask of a tissue"
        )
    return _inside(read_volume(reference, series, "reference region"))


def with_file_names(exam: Exam, **given: object) -> Exam:
    """The examination with the names of the files where its arrays came from."""
    names = {
        what: Path(value).name
        for what, value in given.items()
        if isinstance(value, str | Path) and _is_volume(value)
    }
    own = ("aif", "reference")
    sources = {f"{what}_source": name for what, name in names.items() if what not in own}
    if "reference" in names and exam.reference is not None:
        named = f"{exam.reference.source}, {names['reference']}"
        exam = replace(exam, reference=replace(exam.reference, source=named))
    if "aif" in names and len(exam.aif.voxels):
        source = f"{exam.aif.source}, {names['aif']}"
        return replace(exam, **sources, aif=replace(exam.aif, source=source))
    return replace(exam, **sources)


def _plasma(table: AifTable, hct: float | None) -> Aif:
    if table.is_plasma:
        plasma, source = table.concentration, table.name
    elif hct is None:
        raise ValueError(
            f"{table.name}: concentration in whole blood, but no haematocrit to turn it into "
            "plasma; give it with --hct (hct=)"
        )
    elif not 0 <= hct < 1:
        raise ValueError(f"hct is {hct:g}; expected a fraction, 0 to 1. Is it in percent?")
    else:
        plasma, source = table.concentration / (1 - hct), f"{table.name}, blood, hct {hct:g}"
    return Aif(t=table.t, plasma=plasma, source=source, voxels=np.empty((0, 3), dtype=np.int64))


def _inside(volume: np.ndarray) -> Bool[np.ndarray, "x y z"]:
    """Where a mask is neither zero nor NaN."""
    return np.isfinite(volume) & (volume != 0)


def _is_volume(path: PathLike) -> bool:
    return str(path).lower().endswith(_VOLUMES)
