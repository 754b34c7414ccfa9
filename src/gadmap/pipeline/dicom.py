"""`gadmap dicom`: results as DICOM Parametric Maps of the patient's study."""

from dataclasses import dataclass
from pathlib import Path

from gadmap.io import read_maps, read_maps_record
from gadmap.io.dicom_maps import source_images, write_dicom_maps
from gadmap.pipeline.inputs import PathLike
from gadmap.pipeline.stages import Stages, Watch, unwatched


@dataclass(frozen=True, kw_only=True)
class DicomMaps:
    """What a run of `write_dicom_results` made.

    Attributes
    ----------
    folder
        Where the files are.
    files
        One for each map and standard error.
    """

    folder: Path
    files: tuple[Path, ...]


def write_dicom_results(
    results: PathLike,
    source: PathLike,
    out: PathLike,
    *,
    series: str | None = None,
    anonymize: bool = False,
    overwrite: bool = False,
    watch: Watch = unwatched,
) -> DicomMaps:
    """Write the maps of a results folder as DICOM, in the study of the images they come from.

    Parameters
    ----------
    results
        Folder of `map_exam`.
    source
        DICOM folder that was mapped: it tells patient, study and place.
    out
        Folder to write; it is there completely or not at all.
    series
        Which of several dynamic series was mapped.
    anonymize
        Leave out patient and study, and draw all identifiers anew.
    overwrite
        Replace results that gadmap wrote there before.

    Raises
    ------
    ValueError, OSError
        If the maps do not lie on the images' grid, a folder cannot be read or `out` not written.
    """
    stages, results = Stages(watch), Path(results)
    with stages.stage("reading"):
        maps, record = read_maps(results), read_maps_record(results)
        images = source_images(Path(source), series)
    with stages.stage("writing"):
        files = write_dicom_maps(
            Path(out), maps, record, images, anonymize=anonymize, overwrite=overwrite
        )
    return DicomMaps(folder=Path(out), files=tuple(files))
