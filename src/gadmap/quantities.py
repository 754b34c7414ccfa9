"""Every quantity that gadmap measures or maps: name, symbol, unit, lexicon code, bounds.

Codes are those of the OSIPI contrast-agent based perfusion lexicon (CAPLEX; Dickie et al.,
Magn Reson Med 2024;91:1761-1773). Volumes are fractions here (mL/mL), not mL/100mL.
"""

from dataclasses import dataclass

SECONDS_PER_MINUTE = 60.0


@dataclass(frozen=True)
class Quantity:
    """A named physical quantity.

    Attributes
    ----------
    name
        The word used in code, files and tables.
    symbol
        How figures print it (matplotlib mathtext).
    unit
        The one unit of this quantity in the package; empty for a fraction.
    code
        OSIPI CAPLEX code; empty where the lexicon has none.
    bounds
        Box that a fit searches by default, in `unit`.
    description
        One line for tables and tooltips.
    """

    name: str
    symbol: str
    unit: str
    code: str
    bounds: tuple[float, float]
    description: str

    @property
    def label(self) -> str:
        """Symbol with its unit, for a colour bar or an axis."""
        return f"{self.symbol} [{self.unit}]" if self.unit else self.symbol


_INF = float("inf")

KTRANS = Quantity(
    "ktrans", "$K^{trans}$", "1/min", "Q.PH1.008", (0.0, 5.0), "volume transfer constant"
)
VE = Quantity("ve", "$v_e$", "", "Q.PH1.001.[e]", (0.001, 1.0), "extravascular volume fraction")
VP = Quantity("vp", "$v_p$", "", "Q.PH1.001.[p]", (0.0, 1.0), "plasma volume fraction")
KEP = Quantity("kep", "$k_{ep}$", "1/min", "Q.PH1.009.[e-p]", (0.0, _INF), "efflux rate constant")
RKTRANS = Quantity(
    "rktrans",
    "$RK^{trans}$",
    "",
    "",
    (0.0, 50.0),
    "volume transfer constant, over the reference region's",
)
RVE = Quantity(
    "rve", "$Rv_e$", "", "", (0.01, 10.0), "extravascular volume, over the reference region's"
)
KEP_RR = Quantity(
    "keprr", "$k_{ep,RR}$", "1/min", "Q.PH1.009.[e-p]", (0.0, _INF), "kep of the reference region"
)
FP = Quantity("fp", "$F_p$", "mL/100mL/min", "Q.PH1.002", (0.0, 200.0), "plasma flow")
PS = Quantity("ps", "$PS$", "1/min", "Q.PH1.004", (0.0, 5.0), "permeability surface area product")
DELAY = Quantity("delay", "$T_a$", "s", "Q.PH1.007", (-10.0, 10.0), "arterial delay")
DISPERSION = Quantity(
    "dispersion", "$τ_a$", "s", "", (0.0, 30.0), "time constant of the arterial dispersion"
)
T10 = Quantity("t10", "$T_{10}$", "s", "Q.EL1.002.[t]", (0.0, _INF), "native T1")
R2 = Quantity("r2", "$R^2$", "", "", (-_INF, 1.0), "share of the variance that the fit explains")
SSE = Quantity("sse", "SSE", "mmol²/L²", "", (0.0, _INF), "weighted sum of squared residuals")
_AREA, _AREA_UNIT, _SLOPE_UNIT = "Q.CD1.013", "mmol/L·s", "mmol/L/s"
IAUC60, IAUC90, IAUC120 = (
    Quantity(
        f"iauc{seconds}",
        f"$IAUC_{{{seconds}}}$",
        _AREA_UNIT,
        _AREA,
        (-_INF, _INF),
        f"area under the concentration, {seconds} s from its arrival on",
    )
    for seconds in (60, 90, 120)
)
IAUC60BN, IAUC90BN, IAUC120BN = (
    Quantity(
        f"iauc{seconds}bn",
        f"$IAUCBN_{{{seconds}}}$",
        "",
        "",
        (-_INF, _INF),
        f"area under {seconds} s of concentration over that of arterial blood",
    )
    for seconds in (60, 90, 120)
)
PEAK = Quantity("peak", "$C_{max}$", "mmol/L", "Q.CD1.002", (-_INF, _INF), "highest concentration")
TTP = Quantity("ttp", "$TTP$", "s", "Q.CD1.010", (0.0, _INF), "arrival of contrast to the peak")
WASHIN = Quantity(
    "washin", "$WIS$", _SLOPE_UNIT, "Q.CD1.011", (-_INF, _INF), "mean slope up to the peak"
)
WASHOUT = Quantity(
    "washout", "$WOS$", _SLOPE_UNIT, "Q.CD1.012", (-_INF, 0.0), "mean slope from the peak on"
)
UNLIKE = Quantity(
    "unlike", "unlike", "", "", (0.0, _INF), "distance from the training's voxels; 1 is the edge"
)
KTRANS_AVERAGED = Quantity(
    *("ktrans_averaged", "$K^{trans}_{avg}$", "1/min", "", (0.0, 5.0)),
    "volume transfer constant, averaged over models by their weights",
)
BEST_MODEL = Quantity(
    "best_model", "best model", "", "", (0.0, _INF), "place of the model with the highest weight"
)
MODEL_NAMES = ("tofts", "extended-tofts", "patlak", "2cum", "2cxm", "vascular")
"""Kinetic models by name: a plain list, since what is measured knows no physics."""


def weight_of(model: str) -> str:
    """Name of the map of a model's Akaike weight."""
    return f"weight_{model}"


def p_value_of(model: str) -> str:
    """Name of the map of p values of a model against those nested in it."""
    return f"p_{model}"


def _of_choice(model: str) -> tuple[Quantity, Quantity]:
    weight, p_value = f"Akaike weight of {model}", f"p value of {model} against those nested in it"
    return (
        Quantity(weight_of(model), f"weight of {model}", "", "", (0.0, 1.0), weight),
        Quantity(p_value_of(model), f"p of {model}", "", "", (0.0, 1.0), p_value),
    )


_CHOICE = tuple(quantity for model in MODEL_NAMES for quantity in _of_choice(model))

QUANTITIES: dict[str, Quantity] = {
    quantity.name: quantity
    for quantity in (
        *(KTRANS, VE, VP, KEP, RKTRANS, RVE, KEP_RR, FP, PS, DELAY, DISPERSION, T10),
        *(R2, SSE, UNLIKE),
        *(IAUC60, IAUC90, IAUC120, IAUC60BN, IAUC90BN, IAUC120BN, PEAK, TTP, WASHIN, WASHOUT),
        *(KTRANS_AVERAGED, BEST_MODEL, *_CHOICE),
    )
}
MERITS = frozenset({R2.name, SSE.name, BEST_MODEL.name, *(one.name for one in _CHOICE)})
"""Names of what is said of a fit, rather than of the tissue."""
