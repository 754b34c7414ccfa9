"""What one patient's tissues are: native T1, protons and kinetics drawn from priors."""

from dataclasses import replace

import numpy as np

from gadmap.phantoms.priors import Priors
from gadmap.phantoms.tissues import CORE, OEDEMA, RIM, TISSUES, Tissue


def patient_tissues(priors: Priors, generator: np.random.Generator) -> tuple[Tissue, ...]:
    """`TISSUES` with a patient's values."""
    field_t10 = priors.field_t10.draw(generator)
    return tuple(
        (_lesion if tissue.lesion else _normal)(
            replace(
                tissue,
                t10=tissue.t10 * field_t10,
                protons=tissue.protons * priors.protons.draw(generator),
            ),
            priors,
            generator,
        )
        for tissue in TISSUES
    )


def _normal(tissue: Tissue, priors: Priors, generator: np.random.Generator) -> Tissue:
    """A tissue whose kinetics vary around the usual ones."""
    return replace(
        tissue,
        t10=tissue.t10 * priors.t10.draw(generator),
        ktrans=tissue.ktrans * priors.ktrans.draw(generator),
        ve=tissue.ve * priors.ve.draw(generator),
    )


def _lesion(tissue: Tissue, priors: Priors, generator: np.random.Generator) -> Tissue:
    """A part of the tumour, whose kinetics are the patient's own."""
    ktrans, ve = {
        RIM.name: (priors.rim_ktrans, priors.rim_ve),
        CORE.name: (priors.core_ktrans, priors.core_ve),
        OEDEMA.name: (priors.oedema_ktrans, priors.oedema_ve),
    }[tissue.name]
    spread = priors.lesion_spread.draw(generator)
    return replace(
        tissue,
        t10=tissue.t10 * priors.lesion_t10.draw(generator),
        ktrans=ktrans.draw(generator),
        ve=ve.draw(generator),
        ktrans_spread=tissue.ktrans_spread * spread,
        ve_spread=tissue.ve_spread * spread,
    )
