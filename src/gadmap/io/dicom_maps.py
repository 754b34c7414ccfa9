"""Parameter maps as DICOM Parametric Map objects: one file a map, floating point, bit for bit.

DICOM PS3.3 A.75 (Parametric Map IOD), PS3.16 CID 4107 to 4113 (codes of tracer kinetics).
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from jaxtyping import Float
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from gadmap.data import ParameterMaps
from gadmap.io.dicom_folder import open_dicom
from gadmap.io.dicom_map_codes import method_items, quantity_items, unit_code
from gadmap.io.dicom_plan import dynamic_plan
from gadmap.io.dicom_scan import lenient
from gadmap.io.dicom_slice import Slice
from gadmap.io.grid import require_same_grid
from gadmap.io.results_folder import results_folder
from gadmap.quantities import QUANTITIES

_MAKER = "gadmap"
_LONGEST = 16  # characters of a label
_SERIES_NUMBER = 9001  # beyond those that scanners give
_CARRIED = ("Rows", "Columns", "Modality", "SOPClassUID")
_IDENTITY = ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")
_BLANK = (
    "PatientID", "PatientName", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime",
    "StudyID", "AccessionNumber", "ReferringPhysicianName",
)  # fmt: skip


@dataclass(frozen=True, eq=False, kw_only=True)
class SourceImages:
    """The images of a dynamic series' first frame, which maps refer to.

    Attributes
    ----------
    headers
        Their headers without samples: one for each file.
    slices
        Each image, in the order of the maps' slices.
    grid, affine
        Where they lie, as `require_same_grid` wants it.
    """

    headers: tuple[Dataset, ...]
    slices: tuple[Slice, ...]
    grid: tuple[int, int, int]
    affine: Float[np.ndarray, "4 4"]


def source_images(path: Path, series: str | None = None) -> SourceImages:
    """What maps of the dynamic series in a DICOM folder refer to.

    Raises
    ------
    OSError, ValueError
        If there is no such folder, or no dynamic series in it.
    """
    plan = dynamic_plan(open_dicom(path), series=series, frame_step=None)
    images = plan.frames.slices[0]
    files = dict.fromkeys(image.samples.path for image in images)
    with lenient():  # else what breaks the rules of form is quoted on the console
        headers = tuple(pydicom.dcmread(file, stop_before_pixels=True) for file in files)
    for header in headers:
        if not header.get("FrameOfReferenceUID"):
            raise ValueError(
                "no FrameOfReferenceUID in the images; maps would have no place in the "
                "patient. Was the series stripped?"
            )
    return SourceImages(
        headers=headers, slices=images, grid=plan.whole.grid, affine=plan.whole.affine
    )


def write_dicom_maps(
    out: Path,
    maps: ParameterMaps,
    record: Mapping[str, Any],
    source: SourceImages,
    *,
    anonymize: bool = False,
    overwrite: bool = False,
) -> list[Path]:
    """A Parametric Map for every map and standard error, all in one new series of the study.

    Values are float32, NaN where not estimated. Each file names its quantity, unit, model, arterial
    input, T1 and relaxivity in codes or text, and refers to the source images.

    Parameters
    ----------
    record
        What `maps.json` holds.
    anonymize
        Leave out patient and study, and draw all identifiers anew, the same in all files.

    Raises
    ------
    FileExistsError
        If `out` holds results and `overwrite` is false, or holds anything else.
    ValueError
        If the maps do not lie on the images' grid.
    """
    require_same_grid("maps", maps.valid.shape, maps.affine, source)
    salt = secrets.token_hex(16)
    headers = [_anonymous(one, salt) if anonymize else one for one in source.headers]
    series_uid = generate_uid()
    with results_folder(out, overwrite) as folder:
        for number, (name, values) in enumerate(_volumes(maps).items(), start=1):
            image = _parametric_map(name, values, maps, record, source, headers, series_uid, number)
            image.Laterality = ""  # asked for where the body part may be a paired one
            image.save_as(folder / f"{name}.dcm", enforce_file_format=True)
        names = sorted(file.name for file in folder.iterdir())
    return [out / name for name in names]


def _volumes(maps: ParameterMaps) -> dict[str, np.ndarray]:
    errors = {f"{name}_se": error for name, error in maps.standard_error.items()}
    return dict(maps.values) | errors


def _parametric_map(
    name: str,
    values: np.ndarray,
    maps: ParameterMaps,
    record: Mapping[str, Any],
    source: SourceImages,
    headers: Sequence[Dataset],
    series_uid: str,
    number: int,
) -> Dataset:
    from highdicom.content import (
        PixelMeasuresSequence,
        PlaneOrientationSequence,
        PlanePositionSequence,
        VOILUTTransformation,
    )
    from highdicom.pm import ParametricMap, RealWorldValueMapping

    first = source.slices[0]
    # rows of a DICOM image run along y, columns along x
    pixels = np.ascontiguousarray(values.astype(np.float32).transpose(2, 1, 0))
    known = pixels[np.isfinite(pixels)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    quantity = QUANTITIES[name.removesuffix("_se")]
    mapping = RealWorldValueMapping(
        lut_label=name[:_LONGEST],
        lut_explanation=quantity.description[:64],
        unit=unit_code(quantity),
        value_range=(low, high),
        slope=1.0,
        intercept=0.0,
    )
    definition = [*quantity_items(name), *method_items(maps, record)]
    mapping.add_new("QuantityDefinitionSequence", "SQ", definition)
    assert first.orientation is not None
    assert first.spacing is not None
    return ParametricMap(
        source_images=headers,
        pixel_array=pixels,
        series_instance_uid=series_uid,
        series_number=_SERIES_NUMBER,
        sop_instance_uid=generate_uid(),
        instance_number=number,
        manufacturer=_MAKER,
        manufacturer_model_name=_MAKER,
        software_versions=version("gadmap"),
        device_serial_number=version("gadmap"),
        contains_recognizable_visual_features=False,
        real_world_value_mappings=[mapping],
        voi_lut_transformations=[
            VOILUTTransformation(
                window_center=(low + high) / 2,
                window_width=max(high - low, 1e-6),
                voi_lut_function="LINEAR_EXACT",  # the others ask for a width of 1 or more
            )
        ],
        content_label=name.upper().replace("-", "_")[:_LONGEST].rstrip("_"),
        content_description=f"{name}, {maps.method}"[:64],
        pixel_measures=PixelMeasuresSequence(
            pixel_spacing=first.spacing,
            slice_thickness=float(np.linalg.norm(source.affine[:3, 2])),
            spacing_between_slices=float(np.linalg.norm(source.affine[:3, 2])),
        ),
        plane_orientation=PlaneOrientationSequence("PATIENT", first.orientation),
        plane_positions=[
            PlanePositionSequence("PATIENT", one.position) for one in source.slices if one.position
        ],
    )


def _anonymous(header: Dataset, salt: str) -> Dataset:
    """A header of nothing but geometry, with identifiers that nobody can trace back."""
    new = Dataset()
    new.file_meta = header.file_meta
    for keyword in _CARRIED:
        setattr(new, keyword, header[keyword].value)
    for keyword in (
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "PixelSpacing",
        "SliceThickness",
    ):
        if keyword in header:
            setattr(new, keyword, header[keyword].value)
    for keyword in _IDENTITY:
        setattr(new, keyword, generate_uid(entropy_srcs=[salt, str(header[keyword].value)]))
    for keyword in _BLANK:
        setattr(new, keyword, "")
    return new
