"""A phantom as NIfTI with JSON sidecars."""

import json
from math import degrees
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np

from gadmap.data import Acquisition, DceSeries, FlipAngleSeries


def write_nifti(
    folder: str | Path, series: DceSeries, vfa: FlipAngleSeries | None = None
) -> list[Path]:
    """Files of a series, `dce.nii.gz`, and one volume a flip angle, each with its sidecar."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    keys = _acquisition_keys(series.acquisition) | {"FrameTimesStart": series.t.tolist()}
    optional = {
        "Relaxivity": series.relaxivity,
        "Hematocrit": series.hct,
        "InjectionFrame": series.injection_frame,
    }
    keys |= {key: value for key, value in optional.items() if value is not None}
    files = _write(folder / "dce", series.signal, series.affine, keys)
    for index, acquisition in enumerate(vfa.acquisitions if vfa else ()):
        assert vfa is not None
        name = f"vfa_{index + 1:02d}_{degrees(acquisition.flip_angle):.3g}deg"
        signal = vfa.signal[..., index]
        files += _write(folder / name, signal, vfa.affine, _acquisition_keys(acquisition))
    return files


def save_nifti(path: Path, data: np.ndarray, affine: np.ndarray, description: str) -> None:
    """One NIfTI file: the data as they are, millimetres and seconds, a line that says what."""
    image = nib.Nifti1Image(data, affine, dtype=data.dtype)
    image.set_sform(affine, code=1)
    image.set_qform(affine, code=1)
    image.header.set_xyzt_units("mm", "sec")  # type: ignore[no-untyped-call]
    image.header["descrip"] = description.encode("ascii", "replace")[:79]
    nib.save(image, path)


def _acquisition_keys(acquisition: Acquisition) -> dict[str, Any]:
    keys = {
        "RepetitionTimeExcitation": acquisition.tr,
        "FlipAngle": degrees(acquisition.flip_angle),
        "EchoTime": acquisition.te,
        "MagneticFieldStrength": acquisition.field_strength,
    }
    return {key: value for key, value in keys.items() if value is not None}


def _write(path: Path, data: np.ndarray, affine: np.ndarray, keys: dict[str, Any]) -> list[Path]:
    image, sidecar = path.with_name(f"{path.name}.nii.gz"), path.with_name(f"{path.name}.json")
    save_nifti(image, data, affine, "signal [a.u.], gadmap phantom")
    sidecar.write_text(json.dumps(keys, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    return [image, sidecar]
