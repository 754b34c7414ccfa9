"""What the commands' options are called and what they may be."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Model(StrEnum):
    """Kinetic models by name."""

    TOFTS = "tofts"
    EXTENDED_TOFTS = "extended-tofts"
    PATLAK = "patlak"


class EstimatorName(StrEnum):
    """Estimators by name."""

    LEAST_SQUARES = "least-squares"


class FileFormat(StrEnum):
    """What a phantom is written as."""

    DICOM = "dicom"
    NIFTI = "nifti"


class Vendor(StrEnum):
    """Whose DICOM a phantom is written as."""

    SIEMENS = "siemens"
    GE = "ge"
    PHILIPS = "philips"
    ENHANCED = "enhanced"


class PriorsName(StrEnum):
    """How the patients of a cohort differ, by name."""

    RIDER = "rider"
    WIDE = "wide"


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
