"""The page as one file that opens by double click: chosen maps and curves inside, no network."""

import base64
import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from gadmap.data import Reason
from gadmap.io import read_volume
from gadmap.io.strict_json import plain
from gadmap.report.anatomy import leading, telling
from gadmap.viewer.frame_weights import slice_weights
from gadmap.viewer.page import page_record, start_voxel
from gadmap.viewer.region import region_answer
from gadmap.viewer.results import Results, read_shown
from gadmap.viewer.static_files import page_file
from gadmap.viewer.volumes import (
    anatomy,
    brightness,
    map_file,
    nifti_bytes,
    sheet_columns,
    sheet_file,
)
from gadmap.viewer.voxel import voxel_answer
from gadmap.whole_file import write_whole

_DIGITS = 5
_NIFTI_HEADER = 352
_SPARED_BITS = 10  # of the 23 after the point: relative errors below 1e-4
_HEADROOM = 2.0  # what a frame holds beyond white, for who makes the page darker


def write_page(
    file: Path,
    folders: Sequence[Path],
    *,
    maps: Sequence[str] | None,
    region: Path | None,
    curves: int,
    frames: bool = True,
) -> str:
    """Write results folders as one page.

    Parameters
    ----------
    file
        HTML file to write; there must be none yet.
    maps
        Names of the maps to hold, with their standard errors where there are any; None for the
        leading one: ktrans where there is one, else the first.
    region
        NIfTI mask of the voxels whose curves to hold and statistics to tell; without one, the
        voxels that enhance most.
    curves
        Most curves to hold, of a larger region evenly through it.
    frames
        Whether the page holds the dynamic series to look at, beside the image before contrast.

    Returns
    -------
    str
        Which voxels have a curve there, in a sentence.

    Raises
    ------
    ValueError, OSError
        If folders or region cannot be used, no estimate has one of the maps, or the file is there.
    """
    if file.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"{file}: expected the name of an HTML file, page.html")
    if file.exists():
        raise FileExistsError(f"{file}: is there already; choose another name")
    results = read_shown(folders)
    maps = maps or [leading(results.shown[0].maps)]
    _require_maps(results, maps)
    mask = None if region is None else _read_region(results, region)
    voxels, rule = _chosen(results, mask, curves)
    data = _embedded(results, maps, voxels, rule, mask)
    data["images"] = _images(results, frames)
    write_whole(file, page_file(json.dumps(data, allow_nan=False, separators=(",", ":"))))
    return rule


def _read_region(results: Results, file: Path) -> Bool[np.ndarray, "x y z"]:
    if results.exam is None:
        raise ValueError(
            f"region {file.name}: the results hold no examination, so there are no curves"
        )
    volume = read_volume(file, results.exam.series, "region")
    mask = np.isfinite(volume) & (volume > 0)
    if not mask.any():
        raise ValueError(f"region {file.name}: no voxel is above 0; is it the mask?")
    return mask


def _require_maps(results: Results, names: Sequence[str]) -> None:
    there = dict.fromkeys(name for one in results.shown for name in one.maps.values)
    missing = [name for name in names if name not in there]
    if missing or not names:
        found = ", ".join(missing) or "nothing"
        raise ValueError(f"maps {found}: expected names of {', '.join(there)}")


def _chosen(
    results: Results, region: Bool[np.ndarray, "x y z"] | None, most: int
) -> tuple[Int[np.ndarray, "n 3"], str]:
    """The voxels with a curve, and how they were chosen."""
    if results.exam is None:
        return np.empty((0, 3), dtype=np.int64), "The results hold no examination, so no curves."
    if region is not None:
        voxels = np.argwhere(region)
        spread = np.linspace(0, len(voxels) - 1, min(most, len(voxels))).round().astype(int)
        return voxels[spread], (
            f"This page holds the curves of {len(spread)} of the region's {len(voxels)} voxels."
        )
    maps = results.shown[0].maps
    name = leading(maps)
    voxels = np.argwhere(telling(maps, name))
    order = np.argsort(-maps[name][tuple(voxels.T)], kind="stable")[:most]
    opened = np.array([start_voxel(results)], dtype=np.int64)
    return np.concatenate([voxels[order], opened]), (
        f"This page holds the curves of the {len(order)} voxels with the highest {name} by "
        f"{results.shown[0].name}, of those whose {name} is three standard errors or more and not "
        "at its bound; and that of the voxel where it opens."
    )


def _embedded(
    results: Results,
    maps: Sequence[str],
    voxels: Int[np.ndarray, "n 3"],
    rule: str,
    region: Bool[np.ndarray, "x y z"] | None,
) -> dict[str, Any]:
    weights, count = slice_weights(results), len(results.shown)
    slices = sorted({int(z) for z in voxels[:, 2]})
    page = _only(page_record(results), maps)
    if region is not None:
        page["start"] = voxels[len(voxels) // 2]
    record = {
        "page": page,
        "rule": rule,
        "volumes": _volumes(results, maps, region),
        "voxels": {
            ",".join(map(str, voxel)): _of_maps(voxel_answer(results, (x, y, z)), maps)
            for voxel in voxels.tolist()
            for x, y, z in [voxel]
        },
        "weights": {f"{e}/{z}": weights(e, z) for e in range(count) for z in slices},
        "region": None if region is None else region_answer(results, region),
        "reasons": {
            str(int(reason)): {
                "sentence": reason.sentence,
                "estimated": reason == Reason.ESTIMATED or reason >= Reason.NO_ENHANCEMENT,
                "careful": reason >= Reason.NO_ENHANCEMENT,
            }
            for reason in Reason
        },
    }
    return _short(plain(record))


def _volumes(
    results: Results, names: Sequence[str], region: Bool[np.ndarray, "x y z"] | None
) -> dict[str, str]:
    files = {}
    if region is not None:
        files["region"] = nifti_bytes(region.astype(np.float32), results.affine)
    for index, one in enumerate(results.shown):
        reason = one.maps.reason.astype(np.float32)
        files[f"reason/{index}"] = nifti_bytes(reason, results.affine)
        for name in (name for name in names if name in one.maps.values):
            files[f"map/{index}/{name}"] = map_file(results, index, name)
            if name in one.maps.standard_error:
                files[f"error/{index}/{name}"] = map_file(results, index, name, error=True)
    return {key: _text(_packed(file)) for key, file in files.items()}


def _packed(file: bytes) -> bytes:
    """A NIfTI file of float32, its samples rounded to 4 digits and more, compressed."""
    header, samples = file[:_NIFTI_HEADER], np.frombuffer(file[_NIFTI_HEADER:], dtype="<u4")
    coarse = (samples + np.uint32(1 << (_SPARED_BITS - 1))) >> _SPARED_BITS << _SPARED_BITS
    rounded = np.where(np.isfinite(samples.view("<f4")), coarse, samples)
    return gzip.compress(header + rounded.astype("<u4").tobytes(), mtime=0)


def _images(results: Results, frames: bool) -> dict[str, Any]:
    """The image before contrast or all frames, and how a script has their signal back, nearly."""
    white, exam = _HEADROOM * brightness(results), results.exam
    held = [anatomy(results)]
    if frames and exam is not None:
        held = np.moveaxis(exam.series.signal, -1, 0)
    return {
        "white": white,
        "columns": sheet_columns(results.grid[2]),
        "sheets": [_text(sheet_file(volume, white)) for volume in held],
    }


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _only(record: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The page's record with those maps alone."""
    estimates = [
        {**one, "maps": {name: one["maps"][name] for name in names if name in one["maps"]}}
        for one in record["estimates"]
    ]
    return {**record, "estimates": estimates}


def _of_maps(answer: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    estimates = [
        {**one, "parameters": {n: p for n, p in one["parameters"].items() if n in names}}
        for one in answer["estimates"]
    ]
    return {**answer, "estimates": estimates}


def _short(value: Any) -> Any:
    """The same record, its numbers with so many digits as anyone can see."""
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}")
    if isinstance(value, dict):
        return {key: _short(item) for key, item in value.items()}
    return [_short(item) for item in value] if isinstance(value, list) else value
