"""A phantom as NIfTI with JSON sidecars."""

import json
from math import degrees
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from jaxtyping import Shaped

from gadmap.data import Acquisition, DceSeries, FlipAngleSeries
from gadmap.data.walk import frames_of


def write_nifti(
    folder: str | Path, series: DceSeries, vfa: FlipAngleSeries | None = None
) -> list[Path]:
    """Files of a series, `dce.nii.gz`, and one volume a flip angle, each with its sidecar."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    keys = series_keys(series) | {"FrameTimesStart": series.t.tolist()}
    files = write_image(folder / "dce", series.signal, series.affine, keys)
    for index, acquisition in enumerate(vfa.acquisitions if vfa else ()):
        assert vfa is not None
        name = f"vfa_{index + 1:02d}_{degrees(acquisition.flip_angle):.3g}deg"
        keys = acquisition_keys(acquisition)
        files += write_image(folder / name, vfa.signal[..., index], vfa.affine, keys)
    return files


def save_nifti(path: Path, data: np.ndarray, affine: np.ndarray, description: str) -> None:
    """One NIfTI file: the data as they are, millimetres and seconds, a line that says what."""
    image = nib.Nifti1Image(data, affine, _header(affine, description), dtype=data.dtype)
    nib.save(image, path)


def save_frames(
    path: Path,
    series: Shaped[np.ndarray, "x y z time"],
    affine: np.ndarray,
    description: str,
    dtype: np.dtype,
) -> None:
    """The same file of a series, not compressed, its samples as another type: frame by frame."""
    header = _header(affine, description)
    header.set_data_shape(series.shape)
    header.set_data_dtype(dtype)
    header["magic"], header["vox_offset"] = header.single_magic, header.single_vox_offset
    with path.open("wb") as file:
        header.write_to(file)
        file.write(bytes(header.single_vox_offset - file.tell()))  # no extension
        for frame in frames_of(series):
            file.write(frame.astype(dtype, copy=False).ravel(order="F").data)


def _header(affine: np.ndarray, description: str) -> nib.Nifti1Header:
    header = nib.Nifti1Header()
    header.set_sform(affine, code=1)
    header.set_qform(affine, code=1)
    header.set_xyzt_units("mm", "sec")
    header["descrip"] = description.encode("ascii", "replace")[:79]
    return header


def series_keys(series: DceSeries) -> dict[str, Any]:
    """What a sidecar tells of a dynamic series beside its frame times."""
    optional = {
        "Relaxivity": series.relaxivity,
        "Hematocrit": series.hct,
        "InjectionFrame": series.injection_frame,
    }
    known = {key: value for key, value in optional.items() if value is not None}
    return acquisition_keys(series.acquisition) | known


def acquisition_keys(acquisition: Acquisition) -> dict[str, Any]:
    """What a sidecar tells of an acquisition."""
    keys = {
        "RepetitionTimeExcitation": acquisition.tr,
        "FlipAngle": degrees(acquisition.flip_angle),
        "EchoTime": acquisition.te,
        "MagneticFieldStrength": acquisition.field_strength,
    }
    return {key: value for key, value in keys.items() if value is not None}


def write_image(
    path: Path, data: np.ndarray, affine: np.ndarray, keys: dict[str, Any]
) -> list[Path]:
    """A NIfTI file of measured signal, and its sidecar; `path` is without extension."""
    image, sidecar = path.with_name(f"{path.name}.nii.gz"), path.with_name(f"{path.name}.json")
    save_nifti(image, data, affine, "signal [a.u.], gadmap phantom")
    sidecar.write_text(json.dumps(keys, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    return [image, sidecar]
