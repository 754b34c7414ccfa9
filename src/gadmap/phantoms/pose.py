"""How large a head is and how it lies in the scanner."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

_CENTRE_MM = np.array((0.0, -18.0, 10.0))  # about which a head is scaled and turned


@dataclass(frozen=True, eq=False)
class Pose:
    """An affine map from the patient's millimetres to the template's: `matrix @ place + offset`.

    Attributes
    ----------
    matrix
        Rotation back, then division by the size.
    offset
        [mm].
    """

    matrix: Float[np.ndarray, "3 3"]
    offset: Float[np.ndarray, "3"]

    @classmethod
    def of(cls, size: tuple[float, float, float], turn: tuple[float, float, float]) -> "Pose":
        """A head of `size` along x, y, z times the template's, turned by `turn` [rad]."""
        matrix = Rotation.from_euler("xyz", turn).as_matrix().T / np.array(size)[:, None]
        return cls(matrix, _CENTRE_MM - matrix @ _CENTRE_MM)

    def in_template(self, places: Float[np.ndarray, "3 *n"]) -> Float[np.ndarray, "3 *n"]:
        """Where `places` of the patient [mm] lie in the template [mm]."""
        dtype = places.dtype
        offset = self.offset.astype(dtype).reshape(3, *[1] * (places.ndim - 1))
        return np.tensordot(self.matrix.astype(dtype), places, axes=1) + offset

    def in_patient(self, places: Float[np.ndarray, "3 *n"]) -> Float[np.ndarray, "3 *n"]:
        """Where `places` of the template [mm] lie in the patient [mm]."""
        offset = self.offset.reshape(3, *[1] * (places.ndim - 1))
        return np.tensordot(np.linalg.inv(self.matrix), places - offset, axes=1)
