"""The datasets that gadmap writes, raw and derived, pass the validator of BIDS."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import gadmap
from gadmap.io import bids_exams, bids_origin, describe_derivatives, write_maps
from gadmap.pipeline import write_bids_cohort

VALIDATOR = Path(sys.executable).with_name("bids-validator-deno")
UNKNOWN = {"NOT_INCLUDED"}  # BIDS has no name for it


def issues(dataset: Path, severity: str) -> list[tuple[str, str]]:
    """Code and place of each issue; the validator takes its schema from its own package."""
    ran = subprocess.run(
        [VALIDATOR, dataset, "--format", "json"], capture_output=True, text=True, timeout=120
    )
    found = json.loads(ran.stdout)["issues"]["issues"]
    return [
        (one.get("subCode") or one["code"], one.get("location", ""))
        for one in found
        if one["severity"] == severity
    ]


@pytest.fixture(scope="module")
def raw(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("bids") / "raw"
    write_bids_cohort(out, 2, 3, sessions=2, matrix=24, slices=2, frames=12)
    return out


@pytest.fixture(scope="module")
def derived(raw: Path) -> Path:
    """Maps of one participant, in two sessions."""
    out = raw / "derivatives" / "gadmap"
    out.mkdir()
    describe_derivatives(out, raw)
    for exam in bids_exams(raw, participants=["02"]):
        prepared = gadmap.prepare(gadmap.read(exam.dynamic), vfa=exam.flip_angles, aif="parker")
        maps, origin = gadmap.estimate(prepared, "tofts"), bids_origin(exam, exam.flip_angles)
        write_maps(out / exam.folder, maps, prepared, {}, origin=origin)
    return out


def test_a_raw_dataset_has_no_error(raw: Path):
    assert issues(raw, "error") == []


def test_what_the_raw_dataset_lacks_is_what_no_phantom_has(raw: Path):
    """Scanner, coil, institution and authors, and names of a sequence that no scanner ran."""
    lacking = {code for code, _ in issues(raw, "warning")}
    assert lacking.isdisjoint({"FlipAngle", "EchoTime", "MagneticFieldStrength", "GeneratedBy"})
    assert lacking <= {
        "Authors", "CoilCombinationMethod", "DeviceSerialNumber", "DwellTime", "HEDVersion",
        "InstitutionAddress", "InstitutionName", "InstitutionalDepartmentName", "License",
        "Manufacturer", "ManufacturersModelName", "MatrixCoilMode", "NonlinearGradientCorrection",
        "PulseSequenceDetails", "ReceiveCoilActiveElements", "ReceiveCoilName", "ScanningSequence",
        "SequenceName", "SequenceVariant", "SoftwareVersions", "SourceDatasets", "StationName",
        "TOO_FEW_AUTHORS",
    }  # fmt: skip


def test_only_the_dynamic_series_are_ignored(raw: Path, tmp_path):
    bare = shutil.copytree(raw, tmp_path / "bare", ignore=shutil.ignore_patterns(".bidsignore"))
    unknown = issues(bare, "error")
    assert {code for code, _ in unknown} == UNKNOWN
    assert sorted(place for _, place in unknown) == sorted(
        f"/sub-0{sub}/ses-0{ses}/perf/sub-0{sub}_ses-0{ses}_dce.{end}"
        for sub in (1, 2)
        for ses in (1, 2)
        for end in ("json", "nii.gz")
    )


def test_the_truth_has_no_error(raw: Path):
    assert issues(raw / "derivatives" / "truth", "error") == []


def test_maps_have_no_error(derived: Path):
    assert issues(derived, "error") == []
    assert {code for code, _ in issues(derived, "warning")} <= {"TOO_FEW_AUTHORS"}


def test_maps_lack_nothing_that_bids_asks_of_a_map_whose_name_it_knows(derived: Path, tmp_path):
    """Each map under the name of a T1 map: entities, header and sidecar are then looked at."""
    known = shutil.copytree(derived, tmp_path / "known")
    copied = 0
    for file in derived.rglob("*_desc-*map.*"):
        entities, suffix = file.name.split(".")[0].rsplit("_", 1)
        name = f"{entities}{suffix.capitalize()}_T1map{''.join(file.suffixes)}"
        target = known / file.relative_to(derived).parent.with_name("anat") / name
        target.parent.mkdir(exist_ok=True)
        shutil.copy(file, target)
        copied += 1
    assert copied == 2 * 2 * 7  # sessions; image and sidecar; ktrans, ve, kep, errors, r2
    assert issues(known, "error") == []
    next(known.rglob("*_T1map.json")).unlink()
    assert issues(known, "error") != []


def test_a_retest_differs_from_its_test_in_noise_and_motion_alone(raw: Path):
    first, second = bids_exams(raw, participants=["01"])
    signals = [gadmap.read(exam.dynamic).signal for exam in (first, second)]
    assert (signals[0] != signals[1]).mean() > 0.9
    truth = raw / "derivatives" / "truth" / "sub-01"
    images = sorted(file.name for file in (truth / "ses-01" / "anat").glob("*.nii.gz"))
    assert len(images) == 4
    for name in images:
        again = truth / "ses-02" / "anat" / name.replace("ses-01", "ses-02")
        assert (truth / "ses-01" / "anat" / name).read_bytes() == again.read_bytes()
    assert [region.name for region in first.regions] == ["sub-01_ses-01_dseg.nii.gz"]
