"""What one patient's tissues are: native T1, protons and kinetics drawn from priors."""

from dataclasses import replace

import numpy as np

from gadmap.phantoms.priors import Priors
from gadmap.phantoms.tissues import BLOOD, CORE, OEDEMA, RIM, TISSUES, Tissue


def patient_tissues(priors: Priors, generator: np.random.Generator) -> tuple[Tissue, ...]:
    """`TISSUES` with a patient's values."""
    field_t10 = priors.field_t10.draw(generator)
    lesion = _lesion_kinetics(priors, generator)
    tissues = []
    for tissue in TISSUES:
        own_t10 = priors.lesion_t10 if tissue.lesion else priors.t10
        # blood's T1 hardly depends on the field: 1.44 s at 1.5 T, 1.66 s at 3 T
        shared_t10 = 1.0 if tissue.name == BLOOD.name else field_t10
        tissue = replace(
            tissue,
            t10=tissue.t10 * shared_t10 * own_t10.draw(generator),
            protons=tissue.protons * priors.protons.draw(generator),
        )
        if tissue.lesion:
            tissues.append(_diseased(tissue, *lesion[tissue.name], priors, generator))
        else:
            tissues.append(_normal(tissue, priors, generator))
    return tuple(tissues)


def _lesion_kinetics(
    priors: Priors, generator: np.random.Generator
) -> dict[str, tuple[float, float]]:
    """Mean ktrans [1/min] and ve of each part of the tumour."""
    rim = priors.rim_ktrans.draw(generator)
    core = rim * priors.core_ktrans.draw(generator)
    return {
        RIM.name: (rim, priors.rim_ve.draw(generator)),
        CORE.name: (core, priors.core_ve.draw(generator)),
        OEDEMA.name: (priors.oedema_ktrans.draw(generator), priors.oedema_ve.draw(generator)),
    }


def _diseased(
    tissue: Tissue, ktrans: float, ve: float, priors: Priors, generator: np.random.Generator
) -> Tissue:
    spread = priors.lesion_spread.draw(generator)
    return replace(
        tissue,
        ktrans=ktrans,
        ve=ve,
        ktrans_spread=tissue.ktrans_spread * spread,
        ve_spread=tissue.ve_spread * spread,
    )


def _normal(tissue: Tissue, priors: Priors, generator: np.random.Generator) -> Tissue:
    return replace(
        tissue,
        ktrans=tissue.ktrans * priors.ktrans.draw(generator),
        ve=tissue.ve * priors.ve.draw(generator),
    )
