"""Every choice of a run of `map_exam`: the same for one examination, a cohort, or a repetition."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from gadmap.estimators import (
    LINEAR,
    REFERENCE_REGION,
    Estimator,
    LeastSquares,
    LinearLeastSquares,
    ModelChoice,
    ReferenceRegionFit,
    SignalFit,
    named_estimator,
    needs_arterial_input,
    on_device,
    require_no_arterial_input,
)
from gadmap.io import recorded_choice
from gadmap.physics.device import CPU
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.physics.likelihood import NOISES
from gadmap.physics.water_exchange import FAST, water_exchange_of
from gadmap.pipeline.inputs import PathLike

LEAST_SQUARES = "least-squares"
CONCENTRATION, SIGNAL = "concentration", "signal"
GAUSSIAN = "gaussian"
A_FOLDER = "a folder"
_OF_A_MODEL = (LeastSquares, LinearLeastSquares, SignalFit)


@dataclass(frozen=True, kw_only=True)
class MapSettings:
    """What `map_exam` is asked for.

    Attributes
    ----------
    vfa, t10, b1, b1_error, aif, aif_error, hct, relaxivity, mask, motion
        As in `prepare`. Without `vfa` and `t10`, flip-angle volumes that lie beside the dynamic
        series are used. For an estimator that needs no concentration, as networks do, T1 is not
        looked for unless it is given. Without `aif` an arterial input is looked for where the
        estimator needs one.
    model
        What "least-squares" and "linear-least-squares" fit.
    fit_delay, fit_dispersion
        Whether it fits an arterial delay in every voxel, or an arterial dispersion.
    compare
        Kinetic models among which "least-squares" chooses in every voxel, instead of `model`.
    domain, noise, water_exchange
        Whether it fits the "concentration" or the "signal", this with "gaussian" or "rician" noise,
        and with "fast" exchange of water between a voxel's spaces or "none".
    estimator
        "least-squares"; "linear-least-squares"; "descriptors"; "reference-region"; a network's
        name or .safetensors file; or an `Estimator`.
    reference
        Mask of the reference tissue, for "reference-region".
    reference_ktrans, reference_ve
        Of that tissue [1/min] and [1], where they are to be taken as known.
    device
        Where fit and networks are computed: "cpu", "cuda", "cuda:1".
    series, frame_step
        As in `read`.
    """

    vfa: Sequence[PathLike] = ()
    t10: float | PathLike | None = None
    b1: PathLike | None = None
    b1_error: float | None = None
    aif: PathLike | None = None
    aif_error: float | None = None
    hct: float | None = None
    relaxivity: float | None = None
    model: str = "tofts"
    fit_delay: bool = False
    fit_dispersion: bool = False
    compare: Sequence[str] = ()
    domain: str = CONCENTRATION
    noise: str = GAUSSIAN
    water_exchange: str = FAST
    estimator: PathLike | Estimator = LEAST_SQUARES
    reference: PathLike | None = None
    reference_ktrans: float | None = None
    reference_ve: float | None = None
    mask: PathLike = "auto"
    motion: bool = False
    device: str = CPU
    series: str | None = None
    frame_step: float | None = None

    def __post_init__(self) -> None:
        if self.vfa and self.t10 is not None:
            raise ValueError("both vfa and t10 are given; expected one of them to tell T1")
        by_reference = self.estimator == REFERENCE_REGION
        known = (self.reference_ktrans, self.reference_ve) != (None, None)
        if isinstance(self.estimator, str) and not by_reference and (self.reference or known):
            raise ValueError(
                f"a reference region is given; expected estimator {REFERENCE_REGION} for it, found "
                f"{shown_name(self.estimator)}"
            )

    def chosen_estimator(self) -> Estimator:
        """The estimator that is meant.

        Raises
        ------
        ValueError, OSError
            If there is none of that name or file, or it cannot do what is asked.
        """
        if self.compare and self.estimator != LEAST_SQUARES:
            raise ValueError("models are compared by least-squares only; expected that estimator")
        of_models = ModelChoice(tuple(self.compare)) if self.compare else self.model
        chosen = named_estimator(of_models if self.estimator == LEAST_SQUARES else self.estimator)
        if self.estimator == LINEAR:
            chosen = LinearLeastSquares(self.model)
        if self.fit_delay or self.fit_dispersion:
            if not isinstance(chosen, LeastSquares | ModelChoice):
                what = "delay" if self.fit_delay else "dispersion"
                raise ValueError(
                    f"a {what} is fitted by least-squares only; expected that estimator"
                )
            chosen = replace(chosen, fit_delay=self.fit_delay, fit_dispersion=self.fit_dispersion)
        of_signal = (self.domain, self.noise, self.water_exchange)
        if of_signal != (CONCENTRATION, GAUSSIAN, FAST):
            chosen = self._signal_fit(chosen)
        if isinstance(chosen, ReferenceRegionFit) and self.estimator == REFERENCE_REGION:
            chosen = replace(chosen, ktrans=self.reference_ktrans, ve=self.reference_ve)
        if self.device != CPU:
            chosen = on_device(chosen, self.device)
        if self.aif == "none":
            require_no_arterial_input(chosen)
        return chosen

    def _signal_fit(self, chosen: Estimator) -> SignalFit:
        """A fit of the signal in the place of the concentration's.

        Raises
        ------
        ValueError
            If it cannot do what is asked.
        """
        if self.domain != SIGNAL and self.water_exchange != FAST:
            raise ValueError(
                f"water_exchange {self.water_exchange!r} with domain {self.domain!r}; expected "
                "domain 'signal', for a concentration is made by the formula of fast exchange"
            )
        if self.domain != SIGNAL:
            raise ValueError(
                f"noise {self.noise!r} with domain {self.domain!r}; expected domain 'signal', for "
                "a concentration is fitted by least squares"
            )
        of_input = self.fit_delay or self.fit_dispersion
        if not isinstance(chosen, LeastSquares) or of_input:
            raise ValueError(
                "the signal is fitted by least-squares of one model without a delay or a "
                "dispersion only; expected no network, no models to compare and neither of these"
            )
        if self.noise not in NOISES:
            raise ValueError(f"noise is {self.noise!r}; expected {' or '.join(NOISES)}")
        water_exchange_of(self.water_exchange, KINETIC_MODELS[chosen.model])
        return SignalFit(chosen.model, self.noise, self.water_exchange)

    def aif_for(self, chosen: Estimator) -> PathLike:
        """The arterial input to prepare: none for an estimator that would not look at it."""
        if self.aif is not None:
            return self.aif
        return "auto" if needs_arterial_input(chosen) else "none"

    def record(self, chosen: Estimator) -> dict[str, object]:
        """The settings in terms of JSON, files by name: their folders are of users and patients."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values["aif"] = self.aif_for(chosen)
        if not self.compare:  # as in records of before it was there
            del values["compare"]
        return values | {
            "vfa": [shown_name(path) for path in self.vfa],
            **{
                name: shown_name(values[name]) for name in ("t10", "b1", "aif", "mask", "reference")
            },
            "series": None if self.series is None else recorded_choice(self.series),
            "model": self.model if isinstance(chosen, _OF_A_MODEL) else None,
            "estimator": shown_name(self.estimator)
            if isinstance(self.estimator, str | Path)
            else type(chosen).__name__,
        }


def shown_name(value: float | PathLike | None) -> float | str | None:
    """A file's name without its folder, and no folder's name: these are of users and patients."""
    if not isinstance(value, str | Path):
        return value
    return A_FOLDER if isinstance(value, Path) and value.is_dir() else Path(value).name
