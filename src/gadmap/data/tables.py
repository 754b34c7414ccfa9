"""Maps as an xarray data set and as a pandas table."""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from gadmap.data.maps import ParameterMaps, Reason
from gadmap.quantities import QUANTITIES

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Labels = np.ndarray | Mapping[str, np.ndarray] | None
_PERCENTILES = {"median": 50, "q25": 25, "q75": 75, "p5": 5, "p95": 95}


def maps_dataset(maps: ParameterMaps) -> "xr.Dataset":
    """Maps, standard errors and reasons on their grid; see `ParameterMaps.to_xarray`."""
    xarray = _library("xarray")
    variables: dict[str, Any] = {}
    for name, values in maps.values.items():
        variables[name] = (("x", "y", "z"), values, _attributes(name))
    for name, values in maps.standard_error.items():
        words = {"long_name": f"standard error of {name}", "units": _unit(name)}
        variables[f"{name}_se"] = (("x", "y", "z"), values, words)
    variables["reason"] = (
        ("x", "y", "z"),
        maps.reason,
        {
            "flag_values": [int(reason) for reason in Reason],
            "flag_meanings": "; ".join(reason.sentence for reason in Reason),
        },
    )
    return xarray.Dataset(
        variables,
        coords=_coordinates(maps),
        attrs={
            "estimator": maps.estimator,
            "model": maps.model,
            "affine": maps.affine.tolist(),
        },
    )


def voxel_table(maps: ParameterMaps) -> "pd.DataFrame":
    """One row for each voxel estimated."""
    pandas = _library("pandas")
    where = np.nonzero(maps.valid)
    columns: dict[str, np.ndarray] = dict(zip("xyz", where, strict=True))
    columns |= {name: values[where] for name, values in maps.values.items()}
    columns |= {f"{name}_se": values[where] for name, values in maps.standard_error.items()}
    return pandas.DataFrame(columns | {"reason": maps.reason[where]})


def region_table(maps: ParameterMaps, labels: np.ndarray | Mapping[str, np.ndarray]) -> Any:
    """One row for each region and quantity; see `ParameterMaps.to_dataframe`."""
    pandas = _library("pandas")
    return pandas.DataFrame(region_rows(maps, labels))


def region_rows(
    maps: ParameterMaps, labels: np.ndarray | Mapping[str, np.ndarray]
) -> list[dict[str, Any]]:
    """The rows of that table: region, quantity, unit, and statistics over the voxels estimated."""
    return [
        {"region": region, "quantity": name, "unit": _unit(name)} | _statistics(maps, name, where)
        for region, where in _regions(maps, labels).items()
        for name in maps.values
    ]


def _regions(maps: ParameterMaps, labels: Any) -> dict[Any, np.ndarray]:
    """Name or number of each region to its voxels."""
    if isinstance(labels, Mapping):
        regions = {name: np.asarray(where) for name, where in labels.items()}
    else:
        labels = np.asarray(labels)
        if labels.dtype.kind == "f" and not np.array_equal(labels, np.rint(labels)):
            raise ValueError("labels hold fractions; expected whole numbers, 0 for background")
        numbers = [int(number) for number in np.unique(labels) if number != 0]
        regions = {number: labels == number for number in numbers}
    for name, where in regions.items():
        if where.shape != maps.valid.shape:
            raise ValueError(
                f"region {name!r} has shape {where.shape}; expected {maps.valid.shape}, the maps' "
                "grid"
            )
    if not regions:
        raise ValueError("no region: all labels are 0; expected a number for each region")
    return {name: where != 0 for name, where in regions.items()}


def _statistics(maps: ParameterMaps, name: str, where: np.ndarray) -> dict[str, float | int]:
    values = maps[name][where & maps.valid].astype(np.float64)
    values = values[np.isfinite(values)]
    error = maps.standard_error.get(name)
    errors = np.array([]) if error is None else error[where & maps.valid].astype(np.float64)
    errors = errors[np.isfinite(errors)]
    nothing = float("nan")
    shares = {
        word: float(np.percentile(values, share)) if values.size else nothing
        for word, share in _PERCENTILES.items()
    }
    return {
        "voxels": int(where.sum()),
        "valid": int(values.size),
        "mean": float(values.mean()) if values.size else nothing,
        "sd": float(values.std(ddof=1)) if values.size > 1 else nothing,
        **shares,
        "median_se": float(np.median(errors)) if errors.size else nothing,
    }


def _coordinates(maps: ParameterMaps) -> dict[str, Any]:
    """Position of each voxel [mm] along axes that run with the patient's; none for oblique ones."""
    turn = maps.affine[:3, :3]
    if np.count_nonzero(np.abs(turn) > 1e-4 * np.abs(turn).max()) != 3:
        return {}
    coordinates = {}
    for axis, name in enumerate("xyz"):
        along = int(np.argmax(np.abs(turn[:, axis])))
        place = maps.affine[along, 3] + turn[along, axis] * np.arange(maps.valid.shape[axis])
        words = {"units": "mm", "long_name": f"{('right', 'anterior', 'superior')[along]} is more"}
        coordinates[name] = (name, place, words)
    return coordinates


def _attributes(name: str) -> dict[str, str]:
    quantity = QUANTITIES.get(name)
    if quantity is None:
        return {"long_name": name}
    return {
        "long_name": quantity.description,
        "units": _unit(name),
        "osipi_caplex": quantity.code,
    }


def _unit(name: str) -> str:
    """The unit, "1" for a fraction, as the CF conventions have it."""
    return (QUANTITIES[name].unit or "1") if name in QUANTITIES else ""


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(
            f'{name} is not installed; expected it for tables: pip install "gadmap[notebook]"'
        ) from error
