"""The slices of a phantom stacked up, first without noise."""

from dataclasses import dataclass
from math import isinf

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8

from gadmap.phantoms.case import Case
from gadmap.phantoms.signals import Slice
from gadmap.phantoms.tissues import LABEL
from gadmap.physics.noise import rician

_BRAIN = [LABEL[name] for name in ("grey matter", "white matter")]
_DARK = [LABEL[name] for name in ("air", "bone", "marrow")]
_PURE = 0.9


@dataclass(frozen=True, eq=False)
class Volumes:
    """Signals, truth and tissues of all slices; filled slice by slice, in place.

    Attributes
    ----------
    dynamic, vfa, t10, ktrans, ve
        As in `Slice`.
    labels, purity
        Tissue that fills most of the voxel, and its volume fraction.
    mask
        Where at least half of the voxel is neither air nor skull, and less than half blood.
    """

    dynamic: Float[np.ndarray, "x y z time"]
    vfa: Float[np.ndarray, "x y z flip"]
    t10: Float[np.ndarray, "x y z"]
    ktrans: Float[np.ndarray, "x y z"]
    ve: Float[np.ndarray, "x y z"]
    labels: UInt8[np.ndarray, "x y z"]
    purity: Float[np.ndarray, "x y z"]
    mask: Bool[np.ndarray, "x y z"]

    @classmethod
    def empty(cls, case: Case) -> "Volumes":
        """Room for the slices of `case`."""
        grid = (case.matrix, case.matrix, case.slices)
        return cls(
            dynamic=np.empty((*grid, case.frames), dtype=np.float32),
            vfa=np.empty((*grid, len(case.vfa_flip_angles)), dtype=np.float32),
            t10=np.empty(grid, dtype=np.float32),
            ktrans=np.empty(grid, dtype=np.float32),
            ve=np.empty(grid, dtype=np.float32),
            labels=np.empty(grid, dtype=np.uint8),
            purity=np.empty(grid, dtype=np.float32),
            mask=np.empty(grid, dtype=bool),
        )

    def put(self, k: int, fractions: Float[np.ndarray, "tissue x y"], image: Slice) -> None:
        """Store slice `k`."""
        for name, values in image._asdict().items():
            getattr(self, name)[:, :, k] = values
        self.labels[..., k] = fractions.argmax(axis=0)
        self.purity[..., k] = fractions.max(axis=0)
        dark, blood = fractions[_DARK].sum(axis=0), fractions[LABEL["blood"]]
        self.mask[..., k] = (dark <= 0.5) & (blood < 0.5)

    def add_noise(self, case: Case, generator: torch.Generator) -> float:
        """Make the signals those of a magnitude image; standard deviation of the noise [a.u.].

        It is the mean signal of normal brain in the first frame over the signal-to-noise ratio.
        """
        if isinf(case.snr):
            return 0.0
        brain = np.isin(self.labels, _BRAIN) & (self.purity > _PURE)
        if not brain.any():
            raise ValueError(
                f"no voxel of pure brain among {case.matrix} x {case.matrix} x {case.slices}; "
                "its signal sets the noise. Use a larger matrix"
            )
        sd = float(self.dynamic[brain, 0].mean(dtype=float)) / case.snr
        for signal in (self.dynamic, self.vfa):
            room = torch.from_numpy(np.empty((2, *signal[:, :, 0].shape), dtype=np.float32))
            for k in range(case.slices):
                clean = torch.from_numpy(signal[:, :, k])
                signal[:, :, k] = rician(clean, sd, generator, room).numpy()
        return sd
