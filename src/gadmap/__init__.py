"""gadmap: pharmacokinetic maps from DCE-MRI.

The road, step by step::

    series = gadmap.read("dce_folder_or_file")
    exam = gadmap.prepare(series, vfa=["fa05.nii.gz", "fa25.nii.gz"], aif="auto")
    maps = gadmap.estimate(exam, "tofts")
    maps["ktrans"]  # numpy (x, y, z), 1/min; NaN where not valid
    gadmap.write(maps, "out/", exam=exam)

Names are imported when they are first used, so `import gadmap` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gadmap.data import (
        Acquisition,
        Aif,
        ChosenModels,
        CurveDescriptors,
        CurveFit,
        DceSeries,
        Exam,
        FlipAngleSeries,
        ParameterMaps,
        Reason,
        ReferenceRegion,
        RegionFit,
    )
    from gadmap.estimators import (
        Descriptors,
        Estimator,
        LeastSquares,
        LinearLeastSquares,
        ModelChoice,
        NetworkEstimator,
        ReferenceRegionFit,
        SignalFit,
        describe_curves,
    )
    from gadmap.fitting import choose_models, fit_curves, fit_linear
    from gadmap.pipeline.steps import (
        concentration,
        estimate,
        fit_region,
        prepare,
        read,
        read_results,
        write,
    )

__version__ = "0.1.0"

__all__ = [
    "Acquisition",
    "Aif",
    "ChosenModels",
    "CurveDescriptors",
    "CurveFit",
    "DceSeries",
    "Descriptors",
    "Estimator",
    "Exam",
    "FlipAngleSeries",
    "LeastSquares",
    "LinearLeastSquares",
    "ModelChoice",
    "NetworkEstimator",
    "ParameterMaps",
    "Reason",
    "ReferenceRegion",
    "ReferenceRegionFit",
    "RegionFit",
    "SignalFit",
    "__version__",
    "choose_models",
    "concentration",
    "describe_curves",
    "estimate",
    "fit_curves",
    "fit_linear",
    "fit_region",
    "prepare",
    "read",
    "read_results",
    "write",
]

_HOMES = {
    "gadmap.data": (
        "Acquisition",
        "Aif",
        "ChosenModels",
        "CurveDescriptors",
        "CurveFit",
        "DceSeries",
        "Exam",
        "FlipAngleSeries",
        "ParameterMaps",
        "Reason",
        "ReferenceRegion",
        "RegionFit",
    ),
    "gadmap.estimators": (
        "Descriptors",
        "Estimator",
        "LeastSquares",
        "LinearLeastSquares",
        "ModelChoice",
        "NetworkEstimator",
        "ReferenceRegionFit",
        "SignalFit",
        "describe_curves",
    ),
    "gadmap.fitting": ("choose_models", "fit_curves", "fit_linear"),
    "gadmap.pipeline.steps": (
        "concentration",
        "estimate",
        "fit_region",
        "prepare",
        "read",
        "read_results",
        "write",
    ),
}


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            value = getattr(import_module(home), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module 'gadmap' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
