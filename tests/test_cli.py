"""Laws of the command line: what it says and how it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from disc import disc_scan
from gadmap import __version__
from gadmap.cli import main, spread
from gadmap.cli.options import PriorsName
from gadmap.io import write_dicom, write_nifti
from gadmap.phantoms import PRIORS
from gadmap.physics.aifs import POPULATION_AIFS
from gadmap.physics.kinetics import KINETIC_MODELS


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The disc as DICOM and as NIfTI."""
    folder = tmp_path_factory.mktemp("cli")
    write_dicom(folder / "dicom", *disc_scan())
    write_nifti(folder / "nifti", *disc_scan())
    return folder


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Exit code, standard output and error of a command."""

    def command(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["gadmap", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return command


def test_help_and_version_import_nothing_heavy():
    code = (
        "import sys\nfrom gadmap.cli import main\nsys.argv = ['gadmap', 'map', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'numpy', 'scipy', 'nibabel', 'matplotlib', 'SimpleITK', 'pydicom'}\n"
        "print('HEAVY', heavy & set(sys.modules))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "HEAVY set()" in said.stdout


def test_help_names_every_model_and_population():
    environment = os.environ | {"COLUMNS": "200", "TERM": "dumb"}
    command = [sys.executable, "-c", "from gadmap.cli import main; main()", "map", "--help"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    for name in (*KINETIC_MODELS, *POPULATION_AIFS):
        assert name in said.stdout


def test_the_commands_know_every_priors_name():
    assert [name.value for name in PriorsName] == list(PRIORS)


def test_version_is_said(run):
    assert run("--version") == (0, f"gadmap {__version__}\n", "")


def test_map_says_what_was_assumed_found_and_written(run, case: Path, tmp_path):
    code, out, err = run("map", case / "dicom", "--out", tmp_path / "out", "--aif", "parker")
    assert (code, err) == (0, "")
    assert "3 flip-angle volumes beside the series" in out
    assert "B1: assumed 1" in out
    assert "report.html" in out
    assert "reading" in out
    assert "%" in out


def test_bad_input_is_one_clear_line_and_exit_1(run, case: Path, tmp_path):
    for arguments in (
        ("map", tmp_path / "nowhere", "--out", tmp_path / "out"),
        ("map", case / "dicom", "--out", tmp_path / "out", "--aif", "parkinson"),
        ("map", case / "dicom", "--out", tmp_path / "out", "--aif", tmp_path / "no.csv"),
        ("map", case / "dicom", "--out", tmp_path / "out", "--t10", "long"),
        ("map", case / "dicom", "--out", tmp_path / "out", "--hct", "42"),
        ("map", case / "dicom", "--out", tmp_path / "out", "--mask", tmp_path / "no.nii.gz"),
        ("map", case / "nifti" / "dce.nii.gz", "--out", tmp_path / "out", "--series", "3"),
        ("info", tmp_path / "nowhere"),
        ("phantom", "--out", tmp_path / "out", "--snr", "-1", "--slices", "1", "--matrix", "16"),
    ):
        code, _, err = run(*arguments)
        assert code == 1, arguments
        assert err.startswith("error: "), arguments
        assert err.count("\n") == 1, arguments
        assert "Traceback" not in err
        assert not list(tmp_path.iterdir()), arguments


def test_wrong_usage_is_exit_2(run, case: Path, tmp_path):
    source, out = case / "dicom", tmp_path / "out"
    for arguments in (
        ("map",),
        ("map", source),
        ("map", source, "--out", out, "--model", "tuft"),
        ("map", source, "--out", out, "--t10", "1", "--vfa", source),
        ("map", source, "--out", out, "--nonsense"),
        ("phantom", "--out", out, "--cohort", "0"),
        ("phantom", "--out", out, "--cohort", "2", "--snr", "20"),
        ("phantom", "--out", out, "--no-motion"),
        ("phantom", "--out", out, "--priors", "wide"),
        ("nonsense",),
    ):
        assert run(*arguments)[0] == 2, arguments
    assert not out.exists()


def test_a_cohort_is_written_with_its_table(run, tmp_path):
    out = tmp_path / "out"
    size = ("--matrix", 32, "--slices", 3, "--frames", 12)
    code, said, err = run(
        "phantom", "--cohort", 1, "--out", out, "--seed", 2, "--format", "nifti", *size
    )
    assert (code, err) == (0, "")
    assert "1 of 1 patients" in said
    assert (out / "patient-001" / "truth" / "ktrans.nii.gz").exists()
    assert (out / "cohort.tsv").read_text().count("\n") == 2
    code, _, err = run("phantom", "--cohort", 1, "--out", out, "--format", "nifti", *size)
    assert code == 1
    assert "--overwrite" in err


def test_info_tells_frames_and_the_tag_of_their_times(run, case: Path):
    code, out, _ = run("info", case / "dicom")
    assert code == 0
    assert "AcquisitionTime (0008,0032)" in out
    assert "nothing is missing" in out
    code, out, _ = run("info", case / "nifti" / "dce.nii.gz", "--json")
    assert code == 0
    described = json.loads(out)
    assert described["format"] == "NIfTI"
    dynamic = next(one for one in described["series"] if one["kind"] == "dynamic")
    assert dynamic["time_source"] == "FrameTimesStart"
    assert dynamic["frames"] == len(dynamic["t"])


def test_several_flip_angles_may_follow_one_option():
    assert spread(["map", "in", "--vfa", "a", "b", "--out", "o"]) == (
        ["map", "in", "--vfa", "a", "--vfa", "b", "--out", "o"]
    )
    assert spread(["map", "in", "--vfa", "a", "--vfa", "b", "c"]) == (
        ["map", "in", "--vfa", "a", "--vfa", "b", "--vfa", "c"]
    )
    for untouched in (
        ["map", "--vfa", "a", "in"],
        ["info", "in"],
        ["map"],
        ["map", "in", "--aif", "a"],
    ):
        assert spread(untouched) == untouched


def test_a_list_of_flip_angles_is_mapped(run, case: Path, tmp_path):
    volumes = sorted((case / "nifti").glob("vfa*.nii.gz"))
    code, _, err = run(
        "map",
        case / "nifti" / "dce.nii.gz",
        "--vfa",
        *volumes,
        "--out",
        tmp_path,
        "--aif",
        "parker",
    )
    assert (code, err) == (0, "")
