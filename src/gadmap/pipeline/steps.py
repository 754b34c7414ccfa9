"""The road in four steps, each a call: read, prepare, estimate, write."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from gadmap.data import Aif, DceSeries, Exam, ParameterMaps, RegionFit
from gadmap.estimators import Estimator, named_estimator, require_no_arterial_input, watched
from gadmap.evaluation.region import fit_region as region_fit
from gadmap.io import EXAM_FOLDER, read_exam, read_maps, read_series, write_maps
from gadmap.physics.kinetics import Bounds
from gadmap.physics.voxels import exam_concentration
from gadmap.pipeline.inputs import (
    FlipAngles,
    PathLike,
    aif_from,
    b1_from,
    flip_angles_from,
    mask_from,
    reference_from,
    t10_from,
    with_file_names,
)
from gadmap.pipeline.stages import NamedProgress, Progress
from gadmap.preparation import prepare as prepare_exam


def read(
    path: PathLike, *, series: str | None = None, frame_step: float | None = None
) -> DceSeries:
    """The dynamic series of a DICOM folder or file, a 4-D NIfTI file with sidecar, or a BIDS file.

    Parameters
    ----------
    path
        A folder is searched with all folders in it.
    series
        Which of several dynamic DICOM series: its number, the end of its SeriesInstanceUID, or
        its description.
    frame_step
        Time between frames [s], for files that do not tell their frame times.

    Returns
    -------
    DceSeries
        `signal` (x, y, z, time) [a.u.], `t` (time,) [s].

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    ValueError
        If the files do not make one complete dynamic series; the message says what is wrong.

    Examples
    --------
    >>> series = gadmap.read("dce_folder")  # doctest: +SKIP
    >>> series.signal.shape, series.time_source  # doctest: +SKIP
    ((256, 256, 16, 65), 'AcquisitionTime (0008,0032)')
    """
    return read_series(path, series=series, frame_step=frame_step)


def prepare(
    series: DceSeries,
    *,
    vfa: FlipAngles = None,
    t10: float | PathLike | Float[np.ndarray, "x y z"] | None = None,
    aif: PathLike | np.ndarray | Aif = "auto",
    mask: PathLike | np.ndarray | None = None,
    b1: PathLike | Float[np.ndarray, "x y z"] | None = None,
    aif_error: float | None = None,
    b1_error: float | None = None,
    hct: float | None = None,
    relaxivity: float | None = None,
    motion: bool = False,
    reference: PathLike | np.ndarray | None = None,
    progress: NamedProgress | None = None,
) -> Exam:
    """A complete examination: the series with native T1, arterial input and mask.

    What is not given is measured where the data allow it and assumed where they do not;
    `exam.assumptions` says what was assumed.

    Parameters
    ----------
    series
        The dynamic series, from `read`.
    vfa
        Flip-angle volumes for T1: paths of NIfTI files with sidecars or of DICOM folders, or a
        `FlipAngleSeries`. Excludes `t10`.
    t10
        Native T1 [s]: a number, an array (x, y, z), or a NIfTI file.
    aif
        Arterial input: "auto" finds it in the images; a population's name ("parker", "georgiou",
        "weinmann"); an `Aif`; a CSV or TSV file with columns time_s and plasma_mmol_per_l or
        blood_mmol_per_l; a mask (x, y, z) of arterial voxels, or its NIfTI file; "none" for an
        estimator that uses none, as networks and descriptors do.
    mask
        Voxels to estimate: None or "auto" for the body in view, "none" for every voxel, an array
        (x, y, z) or a NIfTI file, non-zero inside.
    b1
        Actual over nominal flip angle: an array (x, y, z) or a NIfTI file; None for 1.
    aif_error
        Relative error of the arterial input's height, 0 to 1, which a guided network's standard
        errors hold; None for that of its kind: 0.1 measured, 0.25 of a population, 0 given.
    b1_error
        Relative error of B1, 0 to 0.5, which they hold too; None for 0 of a map, 0.04 of an
        assumed 1 below 2.5 T and 0.1 above or where the field is not known.
    hct
        Haematocrit, 0 to 1; None takes the files', else a usual one is assumed.
    relaxivity
        r1 of the contrast agent [1/s per mmol/L]; None takes the files', else a usual one.
    motion
        True to correct rigid motion between frames.
    reference
        A reference tissue, as muscle, for the reference region model: a mask (x, y, z) or a NIfTI
        file, non-zero inside. T1 is wanted there too.
    progress
        Called with the stage, the work done and the whole of it.

    Raises
    ------
    ValueError
        If both `vfa` and `t10` are given, something lies on another grid, an arterial curve is
        shorter than the series, or is of whole blood without a haematocrit.

    Examples
    --------
    >>> exam = gadmap.prepare(series, vfa=["fa05.nii.gz", "fa25.nii.gz"])  # doctest: +SKIP
    >>> exam.t10.shape, exam.aif.source  # doctest: +SKIP
    ((256, 256, 16), 'auto: 14 voxels')
    """
    if vfa is not None and t10 is not None:
        raise ValueError("both vfa and t10 are given; expected one of them to tell T1")
    exam = prepare_exam(
        series,
        vfa=flip_angles_from(vfa, series),
        t10=t10_from(t10, series),
        b1=b1_from(b1, series),
        aif=aif_from(aif, series, hct),
        aif_error=aif_error,
        b1_error=b1_error,
        mask=mask_from(mask, series),
        hct=hct,
        relaxivity=relaxivity,
        motion=motion,
        reference=reference_from(reference, series),
        progress=progress,
    )
    return with_file_names(exam, t10=t10, b1=b1, mask=mask, aif=aif, reference=reference)


def estimate(
    exam: Exam, estimator: PathLike | Estimator = "tofts", *, progress: Progress | None = None
) -> ParameterMaps:
    """Parameter maps of an examination.

    Parameters
    ----------
    exam
        From `prepare`.
    estimator
        A kinetic model's name, "tofts", "extended-tofts", "patlak", "2cum", "2cxm" or "vascular",
        for an exact least-squares fit of it; "descriptors", for areas, peak and slopes of each
        curve; "reference-region" or "linear-least-squares"; a network's name, "fcsa-net" or
        "fcsa-net-guided", for its shipped weights; "best", to choose between fit and network; a
        .safetensors file of weights; or an `Estimator`.
    progress
        Called with the work done and the whole of it.

    Returns
    -------
    ParameterMaps
        `maps["ktrans"]` is (x, y, z) [1/min], NaN where `maps.valid` is false.

    Raises
    ------
    FileNotFoundError
        If there is no such file of weights.
    ValueError
        If there is nothing of that name, the weights cannot be used, or the series does not suit
        the network; if the examination was prepared with `aif="none"` for an estimator that needs
        an arterial input.

    Examples
    --------
    >>> maps = gadmap.estimate(exam, "extended-tofts")  # doctest: +SKIP
    >>> maps["vp"].shape, maps.standard_error["vp"].shape  # doctest: +SKIP
    ((256, 256, 16), (256, 256, 16))
    """
    chosen = named_estimator(estimator)
    if exam.aif.stand_in:
        require_no_arterial_input(chosen)
    return watched(chosen, progress).estimate(exam)


def fit_region(
    exam: Exam,
    region: PathLike | np.ndarray,
    model: str = "tofts",
    *,
    bounds: Bounds | None = None,
    fit_delay: bool = False,
    fit_dispersion: bool = False,
    levels: Sequence[float] = (0.68, 0.95),
) -> RegionFit:
    """A kinetic model fitted to a region's mean curve, with covariance and likelihood profiles.

    Parameters
    ----------
    exam
        From `prepare`, or from `read_results`.
    region
        Voxels (x, y, z), non-zero inside: an array or a NIfTI file. The exam's mask has no say.
    model, bounds, fit_delay, fit_dispersion
        As in `fit_curves`.
    levels
        Levels of confidence of the profile-likelihood intervals.

    Returns
    -------
    RegionFit
        `fit["ktrans"]` [1/min]; `fit.interval("ktrans")`, its ends and whether they are open;
        `fit.likelihood.covariance`, in the order of `fit.likelihood.names`; `fit.plot()`.

    Raises
    ------
    ValueError
        If the region is empty or on another grid, none of its voxels has a concentration, the
        examination has no arterial input, or the curve cannot be fitted.

    References
    ----------
    Bates and Watts, Nonlinear Regression Analysis and Its Applications, Wiley 1988, section 6.1.

    Examples
    --------
    >>> fit = gadmap.fit_region(exam, "tumour.nii.gz", "extended-tofts")  # doctest: +SKIP
    >>> print(fit["ktrans"], fit.interval("ktrans"))  # doctest: +SKIP
    0.2414 0.2313 to 0.252
    """
    inside = mask_from(region, exam.series)
    if isinstance(inside, str):
        raise ValueError(f"region is {inside!r}; expected an array or a NIfTI file of its voxels")
    return region_fit(
        exam,
        inside,
        model,
        bounds=bounds,
        fit_delay=fit_delay,
        fit_dispersion=fit_dispersion,
        levels=levels,
    )


def write(
    maps: ParameterMaps,
    out: PathLike,
    *,
    exam: Exam | None = None,
    record: Mapping[str, object] | None = None,
    keep_exam: bool = True,
    overwrite: bool = False,
) -> list[Path]:
    """Files of the maps: one NIfTI a quantity, `reason.nii.gz` and `maps.json`.

    Parameters
    ----------
    maps
        From `estimate`.
    out
        Folder to write; it is there completely or not at all.
    exam
        What the maps were estimated from: adds `aif.tsv`, `t10.nii.gz`, and the sources and
        assumptions to `maps.json`.
    record
        What else `maps.json` should hold.
    keep_exam
        Keep the examination too, in the folder `exam`: what `read_results` and the viewer need to
        show curves.
    overwrite
        Replace results that gadmap wrote there before.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    FileExistsError
        If `out` holds results and `overwrite` is false, or holds anything else.

    Examples
    --------
    >>> gadmap.write(maps, "out/", exam=exam)[0].name  # doctest: +SKIP
    'aif.tsv'
    """
    return write_maps(out, maps, exam, record or {}, keep_exam=keep_exam, overwrite=overwrite)


def read_results(folder: PathLike) -> tuple[Exam, ParameterMaps]:
    """The examination and the maps that `write` or `gadmap map` put into a folder.

    Raises
    ------
    FileNotFoundError
        If the folder holds no maps, or its examination was not kept.
    ValueError
        If a file is damaged.

    Examples
    --------
    >>> exam, maps = gadmap.read_results("out/")  # doctest: +SKIP
    >>> maps["ktrans"].shape == exam.series.grid  # doctest: +SKIP
    True
    """
    maps = read_maps(folder)
    return read_exam(Path(folder) / EXAM_FOLDER), maps


def concentration(exam: Exam) -> Float[np.ndarray, "x y z time"]:
    """Contrast agent [mmol/L] in every voxel of the mask over time; NaN where it is not known.

    The exact inverse of the spoiled gradient-echo signal, with the mean of the frames before
    contrast as baseline.

    Examples
    --------
    >>> gadmap.concentration(exam).shape  # doctest: +SKIP
    (256, 256, 16, 65)
    """
    return exam_concentration(exam)[0]
