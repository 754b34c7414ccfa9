"""The disc's files, and the ways in which files that users bring are damaged.

Each fault takes a case, damages it, and returns the arguments of `gadmap map` and a pattern of the
line that it must answer with.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
import pydicom

from disc import FRAMES, GRID

T = np.arange(FRAMES) * 6.0 + 30.0
CURVE = np.where(T > 50, 5.0, 0.0)

Fault = tuple[object, ...]


@dataclass(frozen=True)
class Case:
    """A copy of the disc's files that a test may damage."""

    folder: Path

    @property
    def dicom(self) -> Path:
        return self.folder / "dicom"

    @property
    def nifti(self) -> Path:
        return self.folder / "nifti" / "dce.nii.gz"

    def flip(self, number: int, ending: str = ".nii.gz") -> Path:
        return next(self.nifti.parent.glob(f"vfa_{number:02d}*{ending}"))

    def images(self, number: int = 4) -> list[Path]:
        """DICOM files of a series; 4 is the dynamic one."""
        return sorted(self.dicom.glob(f"{number:02d}_*/*.dcm"))

    def edit(self, change: Callable[[pydicom.Dataset], None], number: int = 4) -> None:
        for file in self.images(number):
            dataset = pydicom.dcmread(file)
            change(dataset)
            dataset.save_as(file)

    def sidecar(self, **keys: object) -> None:
        file = self.nifti.with_name("dce.json")
        known = json.loads(file.read_text()) | keys
        file.write_text(json.dumps({k: v for k, v in known.items() if v is not None}))

    def resave(self, change: Callable[[np.ndarray], np.ndarray], file: Path | None = None) -> None:
        file = file or self.nifti
        image = nib.load(file)
        nib.save(nib.Nifti1Image(change(np.asarray(image.dataobj)), image.affine), file)

    def volume(self, values: np.ndarray | float, *, moved: float = 0.0) -> Path:
        affine = nib.load(self.nifti).affine.copy()
        affine[2, 3] += moved
        samples = np.broadcast_to(values, GRID) if np.ndim(values) == 0 else values
        nib.save(nib.Nifti1Image(np.asarray(samples, np.float32), affine), self.folder / "v.nii.gz")
        return self.folder / "v.nii.gz"

    def table(self, t: np.ndarray, values: np.ndarray, column: str = "plasma_mmol_per_l") -> Path:
        rows = "\n".join(f"{a},{b}" for a, b in zip(t, values, strict=True))
        (self.folder / "aif.csv").write_text(f"time_s,{column}\n{rows}\n")
        return self.folder / "aif.csv"


def missing_image(case: Case) -> Fault:
    case.images()[4].unlink()
    return case.dicom, r"frames are missing at some slices: slice \d.* has 23; expected 24"


def image_that_is_no_dicom_any_more(case: Case) -> Fault:
    case.images()[4].write_bytes(b"")
    return (
        case.dicom,
        r"frames are missing.* \(skipped 1 file \(not DICOM\): file \d+ of 81\)",
    )


def duplicate_image(case: Case) -> Fault:
    shutil.copy(case.images()[4], case.images()[4].with_name("copy.dcm"))
    return case.dicom, r"duplicate slices: file \d+ of 82 and file \d+ of 82 hold the same image"


def two_acquisitions(case: Case) -> Fault:
    shutil.copytree(case.dicom / "04_dynamic", case.dicom / "05_again")

    def again(dataset):
        dataset.SOPInstanceUID = f"1.2.3.{dataset.InstanceNumber}"
        dataset.SeriesInstanceUID = "1.2.3.45678"
        dataset.SeriesNumber = 5

    case.edit(again, 5)
    return case.dicom, r"2 dynamic series: series 4 .*, series 5 .*--series NUMBER"


def two_acquisitions_in_one_series(case: Case) -> Fault:
    shutil.copytree(case.dicom / "04_dynamic", case.dicom / "05_again")

    def later(dataset):
        dataset.SOPInstanceUID = f"1.2.3.{dataset.InstanceNumber}"
        dataset.AcquisitionTime = "13" + dataset.AcquisitionTime[2:]

    case.edit(later, 5)
    return case.dicom, r"times do not rise with TemporalPositionIdentifier.*two acquisitions mixed"


def image_cut_short(case: Case) -> Fault:
    file = case.images()[4]
    file.write_bytes(file.read_bytes()[:-100])
    return case.dicom, r"file \d+ of 81: .* bytes of samples; expected .*cut short"


def no_frame_times(case: Case) -> Fault:
    def strip(dataset):
        del dataset.AcquisitionTime, dataset.ContentTime

    case.edit(strip)
    return case.dicom, r"no frame times.*--frame-step SECONDS"


def no_frame_times_in_the_sidecar(case: Case) -> Fault:
    case.sidecar(FrameTimesStart=None)
    return case.nifti, r"no frame times.*--frame-step SECONDS"


def times_that_fall(case: Case) -> Fault:
    case.sidecar(FrameTimesStart=[*T[:-1], 31.0])
    return case.nifti, r"dce\.nii\.gz: FrameTimesStart: times do not rise: 162 s then 31 s"


def too_few_times(case: Case) -> Fault:
    case.sidecar(FrameTimesStart=[0.0, 6.0])
    return case.nifti, r"24 frames but 2 times by FrameTimesStart; is the series cut short"


def times_in_ms(case: Case) -> Fault:
    case.sidecar(FrameTimesStart=list(T * 1000))
    return case.nifti, r"6000 s between frames.*Is it in ms"


def tr_in_s_in_dicom(case: Case) -> Fault:
    case.edit(lambda dataset: setattr(dataset, "RepetitionTime", 0.005))
    return case.dicom, r"RepetitionTime .* is 0\.005; expected .* ms\. Is it in s"


def angle_in_rad_in_dicom(case: Case) -> Fault:
    case.edit(lambda dataset: setattr(dataset, "FlipAngle", 0.35), 2)
    return (
        case.dicom,
        r"DICOM input: series 2 .*FlipAngle .* is 0\.35; expected .* Is it in radians",
    )


def tr_in_ms_in_the_sidecar(case: Case) -> Fault:
    case.sidecar(RepetitionTimeExcitation=5.0)
    return case.nifti, r"tr is 5 s; expected .*Is it in ms"


def angle_in_rad_in_the_sidecar(case: Case) -> Fault:
    case.sidecar(FlipAngle=0.35)
    return case.nifti, r"FlipAngle is 0\.35 .*Is it in radians"


def identical_flip_angles(case: Case) -> Fault:
    shutil.copy(case.flip(1), case.flip(2))
    return case.nifti, r"of 4 and 12 degrees hold the same samples"


def one_angle_twice(case: Case) -> Fault:
    shutil.copy(case.flip(1, ".json"), case.flip(2, ".json"))
    return case.nifti, r"vfa_01_4deg\.nii\.gz and vfa_02_12deg\.nii\.gz have one flip angle, 4 deg"


def flip_angles_moved(case: Case) -> Fault:
    image = nib.load(case.flip(1))
    affine = image.affine + np.eye(4)[:, [3, 3, 3, 2]] * [0, 0, 0, 4]
    nib.save(nib.Nifti1Image(np.asarray(image.dataobj), affine), case.flip(1))
    return case.nifti, r"flip-angle volume .*vfa_01.*up to 4 mm away.*Resample"


def empty_flip_angles(case: Case) -> Fault:
    case.resave(np.zeros_like, case.flip(1))
    return case.nifti, r"flip-angle volumes give no voxel a T1.*Is a volume empty"


def flip_angles_nowhere(case: Case) -> Fault:
    return case.nifti, "--vfa", case.folder / "no.nii.gz", r"no\.nii\.gz: no such file"


def t10_map_moved(case: Case) -> Fault:
    return case.nifti, "--t10", case.volume(1.2, moved=4), r"T10 map .*4 mm away.*Resample"


def b1_map_moved(case: Case) -> Fault:
    return case.nifti, "--b1", case.volume(1.0, moved=4), r"B1 map .*4 mm away.*Resample"


def b1_in_percent(case: Case) -> Fault:
    return case.nifti, "--b1", case.volume(98.0), r"B1 map has a median of 98.*percent"


def t10_in_ms(case: Case) -> Fault:
    return case.nifti, "--t10", "1400", r"t10 is 1400 s.*Is it in ms"


def hct_in_percent(case: Case) -> Fault:
    return case.nifti, "--hct", "42", r"hct is 42.*Is it in percent"


def relaxivity_per_mol(case: Case) -> Fault:
    return case.nifti, "--relaxivity", "4500", r"relaxivity is 4500.*Is it per mol"


def short_aif(case: Case) -> Fault:
    return case.nifti, "--aif", case.table(T[:9], CURVE[:9]), r"spans 30 to 78 s.*30 to 168 s.*cut"


def blood_without_haematocrit(case: Case) -> Fault:
    table = case.table(T, CURVE, "blood_mmol_per_l")
    return case.nifti, "--aif", table, r"aif\.csv: .*whole blood, but no haematocrit.*--hct"


def aif_in_umol(case: Case) -> Fault:
    return case.nifti, "--aif", case.table(T, 1000 * CURVE), r"rises to 5000 mmol/L.*umol/L"


def aif_without_header(case: Case) -> Fault:
    (case.folder / "aif.csv").write_text("0,1\n1,2\n")
    return case.nifti, "--aif", case.folder / "aif.csv", r"columns 0, 1; expected a header with"


def aif_mask_of_air(case: Case) -> Fault:
    where = np.indices(GRID)[0] == 0
    return case.nifti, "--aif", case.volume(where), r"arterial mask: .*does not rise.*on an artery"


def three_frames(case: Case) -> Fault:
    case.resave(lambda signal: signal[..., :3])
    case.sidecar(FrameTimesStart=[0, 6, 12])
    return case.nifti, r"3 frames; expected at least 4"


def no_frame_before_contrast(case: Case) -> Fault:
    case.resave(lambda signal: signal[..., 6:])
    case.sidecar(FrameTimesStart=list(T[6:]))
    return case.nifti, r"enhanced from the first frame.*after the injection"


def no_signal_at_all(case: Case) -> Fault:
    case.resave(np.zeros_like)
    return case.nifti, r"no voxel stands out from the noise.*Is the series empty"


def mask_of_another_shape(case: Case) -> Fault:
    return case.nifti, "--mask", case.volume(np.ones((4, 4, 3))), r"mask .*4 x 4 x 3 voxels; expect"


def empty_mask(case: Case) -> Fault:
    return case.nifti, "--mask", case.volume(0.0), r"mask is empty"


def affine_without_volume(case: Case) -> Fault:
    image = nib.load(case.nifti)
    image.header.set_sform(np.diag([0.0, 2, 5, 1]), 1)
    signal = np.asarray(image.dataobj)
    nib.save(nib.Nifti1Image(signal, None, image.header), case.nifti)
    return case.nifti, r"affine gives voxels no volume"


def damaged_samples(case: Case) -> Fault:
    data = bytearray(case.nifti.read_bytes())
    data[-8] ^= 0xFF  # gzip's checksum
    case.nifti.write_bytes(data)
    return case.nifti, r"dce\.nii\.gz: damaged or cut short \(CRC"


def no_sidecar(case: Case) -> Fault:
    case.nifti.with_name("dce.json").unlink()
    return case.nifti, r"no JSON sidecar; expected dce\.json beside it"


def nothing_there(case: Case) -> Fault:
    return case.folder / "nowhere", r"DICOM input: no such file or folder"


def empty_folder(case: Case) -> Fault:
    (case.folder / "empty").mkdir()
    return case.folder / "empty", r"no DICOM MR image there; found no file at all"


def folder_of_nifti(case: Case) -> Fault:
    return case.nifti.parent, r"no DICOM MR image there but NIfTI files: dce\.nii\.gz, .*name the"


def text_file(case: Case) -> Fault:
    return case.nifti.with_name("dce.json"), r"no DICOM MR image there; skipped 1 file"


def single_volume(case: Case) -> Fault:
    return case.flip(1), r"3 dimensions; expected 4"


FAULTS: tuple[Callable[[Case], Fault], ...] = (
    missing_image,
    image_that_is_no_dicom_any_more,
    duplicate_image,
    two_acquisitions,
    two_acquisitions_in_one_series,
    image_cut_short,
    no_frame_times,
    no_frame_times_in_the_sidecar,
    times_that_fall,
    too_few_times,
    times_in_ms,
    tr_in_s_in_dicom,
    angle_in_rad_in_dicom,
    tr_in_ms_in_the_sidecar,
    angle_in_rad_in_the_sidecar,
    identical_flip_angles,
    one_angle_twice,
    flip_angles_moved,
    empty_flip_angles,
    flip_angles_nowhere,
    t10_map_moved,
    b1_map_moved,
    b1_in_percent,
    t10_in_ms,
    hct_in_percent,
    relaxivity_per_mol,
    short_aif,
    blood_without_haematocrit,
    aif_in_umol,
    aif_without_header,
    aif_mask_of_air,
    three_frames,
    no_frame_before_contrast,
    no_signal_at_all,
    mask_of_another_shape,
    empty_mask,
    affine_without_volume,
    damaged_samples,
    no_sidecar,
    nothing_there,
    empty_folder,
    folder_of_nifti,
    text_file,
    single_volume,
)
