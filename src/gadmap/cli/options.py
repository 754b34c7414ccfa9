"""What the commands' options are called and what they may be."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer


class Model(StrEnum):
    """Kinetic models by name."""

    TOFTS = "tofts"
    EXTENDED_TOFTS = "extended-tofts"
    PATLAK = "patlak"
    UPTAKE = "2cum"
    EXCHANGE = "2cxm"
    VASCULAR = "vascular"


USUAL_MODELS = (Model.VASCULAR, Model.PATLAK, Model.TOFTS, Model.EXTENDED_TOFTS, Model.EXCHANGE)
"""Those that --compare usual means."""


class DomainName(StrEnum):
    """What is fitted."""

    CONCENTRATION = "concentration"
    SIGNAL = "signal"


class NoiseName(StrEnum):
    """Noise of magnitude samples."""

    GAUSSIAN = "gaussian"
    RICIAN = "rician"


class WaterExchangeName(StrEnum):
    """Limits of water exchange."""

    FAST = "fast"
    NONE = "none"


LEAST_SQUARES = "least-squares"

NETWORKS = (
    "cnn-local",
    "cnn-local-global",
    "lstm",
    "ab-lstm",
    "se-net",
    "cbam",
    "cnn-local-fab",
    "csab",
    "fcsa-net",
    "fcsa-body",
)
"""Networks by name: a plain list, since --help must not load torch."""

GUIDED_NETWORK = "fcsa-net-guided"
BEST = "best"
DESCRIPTORS = "descriptors"
REFERENCE_REGION = "reference-region"
LINEAR = "linear-least-squares"
_OWN = (LEAST_SQUARES, LINEAR, DESCRIPTORS, REFERENCE_REGION, GUIDED_NETWORK, BEST)


def estimator_option(value: str | None) -> str | None:
    """An estimator's name or a file of weights; anything else is misuse."""
    if value is None or value in (*_OWN, *NETWORKS) or value.endswith(".safetensors"):
        return value
    raise typer.BadParameter(
        f"{value!r}; expected {', '.join(_OWN)}, a network "
        f"({', '.join(NETWORKS)}) or a .safetensors file of weights"
    )


EstimatorName = Annotated[
    str | None,
    typer.Option(
        "--estimator",
        show_default=LEAST_SQUARES,
        callback=estimator_option,
        help="least-squares; linear-least-squares, to compare with; descriptors, areas, peak and "
        "slopes without a model or an arterial input; reference-region, against a tissue in the "
        "place of an artery (--reference); fcsa-net-guided, a network around the fit; best, which "
        "of the two this examination calls for; a network with shipped weights that needs neither "
        "arterial input nor T1 (fcsa-net); or a .safetensors file of gadmap train.",
    ),
]


FlipAngles = Annotated[
    list[Path] | None, typer.Option("--vfa", help="Flip-angle volumes or DICOM folders for T1.")
]
NativeT1 = Annotated[
    str | None, typer.Option("--t10", help="Native T1: seconds, or a NIfTI of it.")
]
InputError = Annotated[
    float | None,
    typer.Option(
        "--aif-error",
        min=0,
        max=1,
        help="Relative error of the arterial input's height, for a guided network's standard "
        "errors; 0.1 where measured, 0.25 of a population, 0 given unless told.",
    ),
]
FlipError = Annotated[
    float | None,
    typer.Option(
        "--b1-error",
        min=0,
        max=0.5,
        help="Relative error of B1, for a guided network's standard errors; 0 of a map, 0.04 of an "
        "assumed 1 below 2.5 T, 0.1 above or where the field is not known, unless told.",
    ),
]
Haematocrit = Annotated[float | None, typer.Option("--hct", help="Haematocrit, 0 to 1.")]
MaskFile = Annotated[
    str | None,
    typer.Option(
        "--mask", help="auto, none, or a NIfTI that is non-zero inside.", show_default="auto"
    ),
]
SeriesName = Annotated[
    str | None,
    typer.Option("--series", help="Which series: number, end of the UID, or description."),
]


ArterialInput = Annotated[
    str | None,
    typer.Option(
        "--aif",
        help="auto, none, parker, georgiou, weinmann, a curve (CSV, TSV) or a NIfTI mask.",
        show_default="auto, where it is needed",
    ),
]
Reference = Annotated[
    Path | None,
    typer.Option("--reference", help="Mask of a tissue, as muscle, for reference-region: NIfTI."),
]
ReferenceKtrans = Annotated[
    float | None,
    typer.Option("--reference-ktrans", help="Its ktrans in 1/min, if known: ktrans and ve too."),
]
ReferenceVe = Annotated[
    float | None, typer.Option("--reference-ve", help="Its ve, if known: ktrans and ve too.")
]
Relaxivity = Annotated[float | None, typer.Option("--relaxivity", help="r1 in 1/s per mmol/L.")]
ModelName = Annotated[
    Model | None,
    typer.Option("--model", help="Kinetic model of (linear-)least-squares.", show_default="tofts"),
]
Compare = Annotated[
    str | None,
    typer.Option(
        "--compare",
        metavar="MODEL,MODEL,...",
        help="Fit several models in every voxel and choose by their evidence: maps of the best "
        "model, of its parameters, of ktrans averaged over all; usual for "
        f"{','.join(USUAL_MODELS)}.",
    ),
]
FitDelay = Annotated[
    bool | None, typer.Option("--fit-delay", help="Fit an arterial delay in every voxel.")
]
FitDispersion = Annotated[
    bool | None,
    typer.Option("--fit-dispersion", help="Fit an arterial dispersion in every voxel."),
]
Domain = Annotated[
    DomainName | None,
    typer.Option(
        "--domain",
        show_default="concentration",
        help="What least-squares fits: the concentration; or the signal, with the errors of its "
        "scale and of T1.",
    ),
]
Noise = Annotated[
    NoiseName | None,
    typer.Option("--noise", show_default="gaussian", help="Of the samples, with --domain signal."),
]
WaterExchange = Annotated[
    WaterExchangeName | None,
    typer.Option(
        "--water-exchange",
        show_default="fast",
        help="Of blood, interstitium and cells, with --domain signal: fast, one R1 a voxel; or "
        "none, one each.",
    ),
]
Motion = Annotated[bool | None, typer.Option("--motion", help="Correct rigid motion.")]
Device = Annotated[
    str | None, typer.Option(help="Where to compute: cpu, cuda, cuda:1.", show_default="cpu")
]
NoExam = Annotated[
    bool,
    typer.Option("--no-exam", help="Do not keep the examination beside its maps for viewing."),
]


def compared_models(value: str | None, model: Model | None) -> tuple[str, ...] | None:
    """The models that --compare names; anything but two or more models is misuse."""
    if value is None:
        return None
    if model is not None:
        raise typer.BadParameter("--model and --compare exclude each other: both name models")
    names = USUAL_MODELS if value == "usual" else value.replace(" ", "").split(",")
    known = [model.value for model in Model]
    if len(names) < 2 or len(set(names)) < len(names) or not set(names) <= set(known):
        raise typer.BadParameter(
            f"--compare {value!r}; expected two or more of {', '.join(known)}, each once, with "
            "commas between, or usual"
        )
    return tuple(str(name) for name in names)


def require_least_squares(
    estimator: str | None,
    model: Model | None,
    fit_delay: bool | None,
    fit_dispersion: bool | None,
    compare: str | None = None,
) -> None:
    """Misuse, if what only least squares does is asked of another estimator, or too much of it."""
    if fit_delay and fit_dispersion:
        raise typer.BadParameter("--fit-delay and --fit-dispersion exclude each other")
    if estimator in (None, LEAST_SQUARES):
        return
    if compare is not None:
        raise typer.BadParameter(f"--compare is for least-squares; expected none of {estimator}")
    if model is not None and estimator != LINEAR:
        raise typer.BadParameter(
            f"--model is what least-squares fits; expected none of {estimator}"
        )
    if fit_delay:
        raise typer.BadParameter(f"--fit-delay is for least-squares; {estimator} has no delay")
    if fit_dispersion:
        raise typer.BadParameter(
            f"--fit-dispersion is for least-squares; {estimator} has no dispersion"
        )


def require_reference(
    estimator: str | None, reference: Path | None, ktrans: float | None, ve: float | None
) -> None:
    """Misuse, if a reference region is given to another estimator, or none to this one."""
    given = [
        name
        for name, value in (
            ("--reference", reference),
            ("--reference-ktrans", ktrans),
            ("--reference-ve", ve),
        )
        if value is not None
    ]
    if given and estimator != REFERENCE_REGION:
        raise typer.BadParameter(f"{given[0]} is for --estimator {REFERENCE_REGION}")


def require_signal_domain(
    estimator: str | None,
    domain: DomainName | None,
    noise: NoiseName | None,
    water_exchange: WaterExchangeName | None,
) -> None:
    """Misuse, if a domain is asked of a network, or noise or water of a concentration."""
    if domain is DomainName.SIGNAL and estimator not in (None, LEAST_SQUARES):
        raise typer.BadParameter("--domain is of least-squares; a network has its own")
    if noise is NoiseName.RICIAN and domain is DomainName.CONCENTRATION:
        raise typer.BadParameter("--noise is of --domain signal")
    if water_exchange is WaterExchangeName.NONE and domain is DomainName.CONCENTRATION:
        raise typer.BadParameter(
            "--water-exchange none is of --domain signal: a concentration is made by the formula "
            "of fast exchange"
        )


def chosen(**choices: object) -> dict[str, Any]:
    """The choices that the user made; all others are left to their defaults, or to a record."""
    return {
        name: value.value if isinstance(value, StrEnum) else value
        for name, value in choices.items()
        if value is not None
    }


def require_one_t1(vfa: list[Path] | None, t10: str | None) -> None:
    """Misuse, if T1 is told twice."""
    if vfa and t10 is not None:
        raise typer.BadParameter("--vfa and --t10 exclude each other: both tell T1")


class FileFormat(StrEnum):
    """What a phantom is written as."""

    DICOM = "dicom"
    NIFTI = "nifti"
    BIDS = "bids"


class Vendor(StrEnum):
    """Whose DICOM a phantom is written as."""

    SIEMENS = "siemens"
    GE = "ge"
    PHILIPS = "philips"
    ENHANCED = "enhanced"


class BudgetName(StrEnum):
    """What a reproduction may cost."""

    QUICK = "quick"
    STANDARD = "standard"
    PAPER = "paper"


class Trainable(StrEnum):
    """What a network can be trained to map."""

    KTRANS = "ktrans"
    VE = "ve"
    KEP = "kep"
    ALL = "all"


class TrainingMode(StrEnum):
    """What a network learns from."""

    FIT = "supervised-fit"
    TRUTH = "supervised-truth"
    PHYSICS = "physics"
    ADAPT = "adapt"
    HYBRID = "hybrid"


class AdaptationMode(StrEnum):
    """What trained weights can learn from without labels."""

    ADAPT = "adapt"
    HYBRID = "hybrid"
    PHYSICS = "physics"


class CohortLevel(StrEnum):
    """The analysis levels of a BIDS App."""

    PARTICIPANT = "participant"
    GROUP = "group"


class PriorsName(StrEnum):
    """How the patients of a cohort differ, by name."""

    RIDER = "rider"
    WIDE = "wide"


Memory = Annotated[
    str | None,
    typer.Option("--mem", help="Most memory to take, as 1G; the rest goes by way of the disk."),
]

Input = Annotated[Path, typer.Argument(metavar="INPUT", help="DICOM folder or 4-D NIfTI.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder to write.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace gadmap's earlier results.")]
FrameStep = Annotated[
    float | None, typer.Option(help="Seconds between frames, where files do not tell.")
]
Seed = Annotated[int, typer.Option(help="Of the individual anatomy and the noise.")]
Slices = Annotated[int, typer.Option(min=1, help="Slices of the phantom.")]
Matrix = Annotated[int, typer.Option(min=8, help="Voxels along x and y of the phantom.")]
Frames = Annotated[int, typer.Option(min=4, help="Dynamic frames of the phantom.")]
