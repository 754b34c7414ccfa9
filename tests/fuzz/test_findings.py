"""What fuzzing found, each as the smallest file that shows it; other ways to do harm by a file."""

import json
import re
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save
from test_bombs import nifti_header

from fuzz import dicom, nifti, recipe, results, sidecar, weights
from fuzz.case import put, results_files, small_series
from fuzz.target import Target, answer
from gadmap.io import read_aif, read_maps, read_series
from gadmap.networks.safe_file import safe_contents

DEEP = b"[" * 100_000


def nifti_with(**fields: object) -> bytes:
    """A NIfTI file whose header says that."""
    header = bytearray(nifti_header((2, 2, 2)))
    for place, value in fields.items():
        at = int(place.removeprefix("at_"))
        header[at : at + len(value)] = value  # type: ignore[arg-type]
    return bytes(header) + b"\0" * 32


def of_weights(kind: int, metadata: dict[str, str], **tensors: torch.Tensor) -> bytes:
    return bytes([52 + kind]) + save(tensors or {"a": torch.ones(1)}, metadata)


TRAINING = {"format": "gadmap training", "version": "1"}
FINDINGS: dict[str, tuple[Target, bytes, str]] = {
    "a type of sample that nobody knows": (
        nifti.TARGET, nifti_with(at_70=struct.pack("<h", 16384)), "not readable as NIfTI"),
    "a unit that nobody knows": (
        nifti.TARGET, nifti_with(at_123=b"\xc0"), "not readable as NIfTI"),
    "an intercept that is no number": (
        nifti.TARGET, nifti_with(at_112=struct.pack("<ff", 2, float("nan"))), "not readable as"),
    "a negative number of voxels": (
        nifti.TARGET, nifti_with(at_42=struct.pack("<h", -2)), "expected 1 or more voxels"),
    "an offset that is no number": (
        nifti.TARGET, nifti_with(at_108=struct.pack("<f", float("inf"))), "not readable as NIfTI"),
    "damaged blocks of gzip": (
        nifti.TARGET, b"\x1f\x8b\x08" + b"\0" * 7 + b"\xed\xff\xff\xff", "not readable as NIfTI"),
    "JSON nested without end": (sidecar.TARGET, DEEP, "dce.json: not readable as JSON"),
    "a number of 5000 digits": (
        sidecar.TARGET, b'{"FlipAngle": ' + b"9" * 5000 + b"}", "dce.json: not readable as JSON"),
    "a number that no float can be": (
        sidecar.TARGET, b'{"FlipAngle": ' + b"9" * 400 + b"}", "FlipAngle is 999"),
    "times nested": (
        sidecar.TARGET, sidecar.seeds()[1].replace(b"[0,", b"[[0],"), "VolumeTiming holds values"),
    "maps.json nested without end": (results.TARGET, b"0" + DEEP, "maps.json: not readable"),
    "maps as a list": (results.TARGET, results.seeds()[0].replace(b'"maps": {', b'"maps": [{', 1),
        "maps.json: not readable"),
    "exam.json nested without end": (results.TARGET, b"1" + DEEP, "exam.json: not readable"),
    "an arterial voxel outside": (
        results.TARGET, results.seeds()[1].replace(b"        2,\n", b"        900000,\n", 1),
        "arterial voxels outside"),
    "a table where a number belongs": (
        recipe.TARGET, b'network = "fcsa-net-guided"\n[steps]\na = 1\n', "steps is"),
    "TOML nested without end": (recipe.TARGET, b"a = " + DEEP, "not a TOML file"),
    "a phantom larger than memory": (
        recipe.TARGET, b"[cohort]\nmatrix = 1000000\n", "cohort.matrix is 1000000"),
    "a checkpoint without a record": (
        weights.TARGET, of_weights(2, TRAINING), "it lacks 'record'"),
    "a checkpoint without steps": (
        weights.TARGET,
        of_weights(2, TRAINING | {"record": '{"best": null, "since": [0, 1], "identity": {}}'}),
        "it lacks 'step'"),
    "a best that is more": (
        weights.TARGET,
        of_weights(2, TRAINING | {"record": '{"step": 1, "best": 7, "since": [0, 1]}'}),
        "damaged checkpoint"),
    "a patient without a mask": (
        weights.TARGET,
        of_weights(3, {"gadmap": "patient", "record": '{"slices": [0, 1], "name": "p"}'}),
        "it lacks"),
    "a guided network of a million outputs": (
        weights.TARGET,
        of_weights(1, {"format": "gadmap guided network", "version": "3", "provenance": "{}",
                       "calibration": "{}", "quantities": json.dumps(["ktrans"] * 1_000_000)}),
        "quantities are"),
    "an SOP class that quotes the header": (
        dicom.TARGET,
        dicom.seeds()[0].replace(b"1.2.840.10008.5.1.4.1.1.4\0", b"9.9.9 a name of someone.\0\0"),
        r"skipped 1 file \(DICOM, no MR image\)"),
}  # fmt: skip


@pytest.mark.parametrize("name", FINDINGS)
@pytest.mark.usefixtures("as_installed")
def test_a_finding_stays_mended(name: str, tmp_path: Path):
    target, data, line = FINDINGS[name]
    found = answer(target, data, tmp_path)
    assert re.search(line, found), found


def test_run_lengths_that_lead_outside_are_refused(tmp_path: Path):
    """The decoder is written in Rust, and panics."""
    content = bytearray(dicom.seeds()[6])
    head = content.rindex(struct.pack("<II", 2, 64))  # two segments, the first behind the head
    content[head + 8 : head + 12] = struct.pack("<I", 2**31)
    assert "samples are compressed (RLE Lossless)" in answer(dicom.TARGET, bytes(content), tmp_path)


def test_a_panic_of_a_decoder_is_a_refusal_and_an_interrupt_is_none(tmp_path, monkeypatch):
    """A panic is no `Exception`, lest anybody catch it; here it is a damaged file."""
    (tmp_path / "a.dcm").write_bytes(dicom.seeds()[7])
    panic = type("PanicException", (BaseException,), {})
    for raised, expected in ((panic, ValueError), (KeyboardInterrupt, KeyboardInterrupt)):

        def panics(*_, raised=raised, **__):
            raise raised

        monkeypatch.setattr("pydicom.iter_pixels", panics)
        with pytest.raises(expected):
            read_series(tmp_path)


@pytest.mark.parametrize("field", ["'" + "x" * 200_000 + "'", "\x00", "1" * 10_000])
def test_a_table_with_a_giant_or_strange_cell_is_one_line(field: str, tmp_path: Path):
    (tmp_path / "aif.csv").write_text(f"time_s,plasma_mmol_per_l\n0,1\n{field},2\n")
    with pytest.raises(ValueError, match=r"^aif.csv: ") as refusal:
        read_aif(tmp_path / "aif.csv")
    assert len(str(refusal.value)) < 300


@pytest.mark.parametrize("place", ["../../secret.nii.gz", "/etc/passwd", "..", "a/../../b"])
def test_a_path_in_maps_json_leads_nowhere(place: str, tmp_path: Path):
    """Only the last part of it counts, within the folder."""
    files = results_files()
    record = json.loads(files["maps.json"])
    put(tmp_path / "secret", {"secret.nii.gz": files["ktrans.nii.gz"]})
    for where in (record["maps"]["ktrans"], record):
        key = "file" if "file" in where else "reason_file"
        before, where[key] = where[key], place
        put(tmp_path / "out", files | {"maps.json": json.dumps(record).encode()})
        with pytest.raises((ValueError, OSError)) as refusal:
            read_maps(tmp_path / "out")
        assert "root:" not in str(refusal.value)
        where[key] = before


def test_a_map_of_no_quantity_is_refused(tmp_path: Path):
    """Its name would become that of a file."""
    files = results_files()
    record = json.loads(files["maps.json"])
    record["maps"]["../../ktrans"] = record["maps"]["ktrans"]
    put(tmp_path, files | {"maps.json": json.dumps(record).encode()})
    with pytest.raises(ValueError, match=r"a map of '\.\./\.\./ktrans', which is no quantity"):
        read_maps(tmp_path)


@pytest.mark.parametrize("loader", ["torch", "pickle", "joblib"])
def test_nothing_that_runs_code_is_read(loader: str, tmp_path: Path):
    """A pickle that would leave a file behind leaves none."""
    import pickle

    class Harm:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "harmed",))

    file = tmp_path / "a.safetensors"
    if loader == "torch":
        torch.save({"a": Harm()}, file)
    else:
        file.write_bytes(pickle.dumps(Harm()))
    with pytest.raises(ValueError, match="pickle"):
        safe_contents(file)
    assert not (tmp_path / "harmed").exists()


def test_no_module_can_run_what_a_file_says():
    """No pickle, eval, exec, shell or unsafe loader in the package."""
    import ast

    import gadmap

    forbidden = {"eval", "exec", "system", "popen", "Unpickler", "load_module"}
    modules = {"pickle", "marshal", "shelve", "joblib", "dill"}
    found = []
    for file in Path(gadmap.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name for alias in node.names} | {getattr(node, "module", "")}
                found += [f"{file.name}: {name}" for name in names & modules]
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                method = isinstance(node.func, ast.Attribute) and name in ("eval", "exec")
                if name in forbidden and not method:  # module.eval() of torch runs nothing
                    found.append(f"{file.name}: {name}")
                if any(word.arg == "shell" for word in node.keywords):
                    found.append(f"{file.name}: shell")
                if ast.unparse(node.func) in ("torch.load", "np.load", "numpy.load"):
                    found.append(f"{file.name}: {ast.unparse(node.func)}")
    assert found == []


def test_the_series_of_the_cases_is_what_the_readers_read():
    series = small_series()
    assert series.signal.shape == (4, 4, 1, 5)
    assert np.isfinite(series.signal).all()
