"""What a region answers: its mean curve, the model fitted to that, and statistics of every map."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from gadmap.data import Aif, CurveFit, ParameterMaps, Reason
from gadmap.evaluation.curves import modelled_curves
from gadmap.evaluation.fitted_curves import without_exchange
from gadmap.fitting import fit_curves
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.viewer.results import Results
from gadmap.viewer.voxel import measured

_NOT_FITTED = (
    "The mean curve is a concentration of fast exchange, so the model of maps without water "
    "exchange is not fitted to it."
)
_PERCENTILES = (10.0, 50.0, 90.0)


def mask_of(data: bytes, grid: tuple[int, int, int]) -> Bool[np.ndarray, "x y z"]:
    """The region that the page sends: one byte a voxel, x fastest, as NIfTI stores them.

    Raises
    ------
    ValueError
        If it is not of that grid, or empty.
    """
    count = grid[0] * grid[1] * grid[2]
    if len(data) != count:
        raise ValueError(f"a region of {len(data)} voxels; expected the {count} of this grid")
    mask = np.frombuffer(data, dtype=np.uint8).reshape(grid, order="F") != 0
    if not mask.any():
        raise ValueError("the region is empty; draw it, or load a mask")
    return mask


def region_answer(results: Results, mask: Bool[np.ndarray, "x y z"]) -> dict[str, Any]:
    """Everything about a region that is not empty, as `voxel_answer` tells it of a voxel."""
    voxels = np.argwhere(mask)
    found = measured(results, voxels)
    aif = results.aif
    left_out = any(without_exchange(one.maps) for one in results.shown)
    why = [found.pop("why", ""), _NOT_FITTED if left_out else ""]
    fitted = aif is not None and found["kind"] == "concentration"
    return {
        "voxels": len(voxels),
        "volume_ml": len(voxels) * float(abs(np.linalg.det(results.affine[:3, :3]))) / 1000,
        **found,
        "why": " ".join(filter(None, why)),
        "fits": _fits(results, aif, found["curve"]) if aif is not None and fitted else [],
        "statistics": [_statistics(one.maps, mask) for one in results.shown],
    }


def _fits(results: Results, aif: Aif, curve: Float[np.ndarray, " time"]) -> list[dict[str, Any]]:
    """The mean curve fitted by each model that an estimate here has, in fast exchange."""
    models = dict.fromkeys(
        one.maps.model for one in results.shown if not without_exchange(one.maps)
    )
    return [_fit(results, aif, curve, model) for model in models if model in KINETIC_MODELS]


def _fit(
    results: Results, aif: Aif, curve: Float[np.ndarray, " time"], model: str
) -> dict[str, Any]:
    assert results.exam is not None
    t = results.exam.series.t
    plasma = np.interp(t, aif.t, aif.plasma)
    fit = fit_curves(curve[None], t, plasma, model)
    modelled = modelled_curves(_one_voxel(fit), t, plasma, np.zeros((1, 3), dtype=np.int64))[0]
    return {
        "model": model,
        "reason": Reason(int(fit.reason[0])).sentence,
        "parameters": {
            name: {
                "value": float(values[0]),
                "error": float(fit.standard_error[name][0]) if name in fit.standard_error else None,
            }
            for name, values in fit.values.items()
        },
        "curve": modelled if np.isfinite(modelled).all() else None,
    }


def _one_voxel(fit: CurveFit) -> ParameterMaps:
    """A fit of one curve as maps of one voxel, which `modelled_curves` takes."""
    return ParameterMaps(
        values={name: values.reshape(1, 1, 1) for name, values in fit.values.items()},
        standard_error={},
        valid=fit.valid.reshape(1, 1, 1),
        reason=fit.reason.reshape(1, 1, 1),
        affine=np.eye(4),
        estimator="least-squares",
        model=fit.model,
        settings={},
    )


def _statistics(maps: ParameterMaps, mask: Bool[np.ndarray, "x y z"]) -> dict[str, Any]:
    """Of each map, over the voxels of the region that were estimated."""
    counted = mask & maps.valid
    return {name: _of_values(maps[name][counted]) for name in maps.values}


def _of_values(values: Float[np.ndarray, " n"]) -> dict[str, float | int]:
    values = values[np.isfinite(values)].astype(np.float64)
    if not values.size:
        return {"n": 0}
    low, middle, high = np.percentile(values, _PERCENTILES)
    spread = float(values.std(ddof=1)) if values.size > 1 else float("nan")
    return {
        "n": int(values.size),
        "mean": float(values.mean()),
        "sd": spread,
        "p10": float(low),
        "median": float(middle),
        "p90": float(high),
    }
