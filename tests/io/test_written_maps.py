"""Maps on disk: bit for bit, with a strict and anonymous record."""

import json
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from gadmap.data import Reason
from gadmap.io import read_aif, write_maps
from gadmap.io.strict_json import plain


def strict(path):
    def refuse(token):
        raise AssertionError(f"{token} is no JSON")

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)


def test_maps_come_back_bit_for_bit(tmp_path, maps, exam):
    files = write_maps(tmp_path / "out", maps, exam, {}, keep_exam=False)
    for name, values in maps.values.items():
        image = nib.load(tmp_path / "out" / f"{name}.nii.gz")
        assert image.get_data_dtype() == np.float32
        np.testing.assert_array_equal(np.asarray(image.dataobj), values)
        np.testing.assert_allclose(image.affine, maps.affine, atol=1e-5)
        assert image.header.get_xyzt_units()[0] == "mm"
    assert b"ktrans [1/min]" in bytes(
        nib.load(tmp_path / "out" / "ktrans.nii.gz").header["descrip"].item()
    )
    se = nib.load(tmp_path / "out" / "ktrans_se.nii.gz")
    np.testing.assert_array_equal(np.asarray(se.dataobj), maps.standard_error["ktrans"])
    reason = nib.load(tmp_path / "out" / "reason.nii.gz")
    assert reason.get_data_dtype() == np.uint8
    np.testing.assert_array_equal(np.asarray(reason.dataobj), maps.reason)
    names = ["kep", "ktrans", "ktrans_se", "r2", "reason", "t10", "ve", "ve_se"]
    assert {file.name for file in files} == {
        "maps.json", "aif.tsv", "aif.json",
        *(f"{name}.{end}" for name in names for end in ("nii.gz", "json")),
    }  # fmt: skip
    assert all(file.is_file() for file in files)


def test_the_arterial_input_comes_back_exactly(tmp_path, maps, exam):
    write_maps(tmp_path / "out", maps, exam, {})
    table = read_aif(tmp_path / "out" / "aif.tsv")
    assert table.is_plasma
    np.testing.assert_array_equal(table.t, exam.aif.t)
    np.testing.assert_array_equal(table.concentration, exam.aif.plasma)


def test_the_file_of_the_arterial_input_names_its_voxels_and_why_they_were_chosen(
    tmp_path, maps, exam
):
    voxels = np.array([[1, 2, 0], [2, 2, 1]])
    aif = replace(exam.aif, source="auto: 2 voxels", voxels=voxels, rationale=("Early: 3 s.",))
    write_maps(tmp_path / "out", maps, replace(exam, aif=aif), {})
    lines = (tmp_path / "out" / "aif.tsv").read_text().splitlines()
    assert lines[0] == "time_s\tplasma_mmol_per_l"
    assert lines[-4:] == [
        "# source: auto: 2 voxels",
        "# Early: 3 s.",
        "# voxel (x, y, z): 1, 2, 0",
        "# voxel (x, y, z): 2, 2, 1",
    ]
    np.testing.assert_array_equal(read_aif(tmp_path / "out" / "aif.tsv").t, exam.aif.t)


def test_the_record_says_how_the_maps_came_about(tmp_path, maps, exam):
    write_maps(tmp_path / "out", maps, exam, {"versions": {"torch": "2"}, "seconds": {"fit": 0.5}})
    record = strict(tmp_path / "out" / "maps.json")
    assert record["maps"]["ktrans"]["unit"] == "1/min"
    assert record["maps"]["ktrans"]["lexicon_code"] == "Q.PH1.008"
    assert record["standard_errors"]["ve"]["file"] == "ve_se.nii.gz"
    assert record["frames"]["t_s"] == exam.series.t.tolist()
    assert record["frames"]["source"] == exam.series.time_source
    assert record["aif"]["voxels"] == [[1, 2, 0], [1, 3, 0]]
    assert record["acquisition"]["flip_angle_rad"] == exam.series.acquisition.flip_angle
    assert record["assumptions"] == ["B1 was assumed 1"]
    assert record["versions"].keys() >= {"gadmap", "python", "numpy", "torch"}
    assert record["seconds"] == {"fit": 0.5}
    assert record["settings"]["bounds"]["kep"] == [0.0, None]


def test_shares_of_the_reasons_add_up_to_one(tmp_path, maps, exam):
    write_maps(tmp_path / "out", maps, exam, {})
    reasons = strict(tmp_path / "out" / "maps.json")["reasons"]
    assert [one["code"] for one in reasons] == [int(reason) for reason in Reason]
    assert sum(one["share"] for one in reasons) == pytest.approx(1)
    assert reasons[0]["voxels"] == maps.valid.sum()


def test_t10_that_was_assumed_is_no_map(tmp_path, maps, exam):
    write_maps(tmp_path / "out", maps, replace(exam, t10=np.full_like(exam.t10, 1.4)), {})
    assert not (tmp_path / "out" / "t10.nii.gz").exists()
    record = strict(tmp_path / "out" / "maps.json")
    assert record["t10"]["file"] is None
    assert record["t10"]["median"] == pytest.approx(1.4)


def test_paths_of_the_machine_do_not_reach_the_record(tmp_path, maps, exam):
    record = {
        "input": Path("/home/someone/SMITH_JOHN/dce"),
        "command": "map /home/someone/SMITH_JOHN/dce --out C:\\Users\\someone\\out --t10 1/2",
    }
    write_maps(tmp_path / "out", maps, exam, record)
    text = (tmp_path / "out" / "maps.json").read_text()
    assert "SMITH" not in text
    assert "someone" not in text
    assert str(tmp_path) not in text
    assert strict(tmp_path / "out" / "maps.json")["command"] == "map dce --out out --t10 1/2"


def test_units_are_no_paths():
    for text in ("1/min", "mL/100mL/min", "[1/s per mmol/L]", "least-squares / network"):
        assert plain(text) == text


def test_what_json_does_not_have_becomes_what_it_has():
    record = {"a": np.float32(0.5), 2: (np.int64(3), float("nan")), "r": Reason.NO_T10}
    assert plain(record) == {"a": 0.5, "2": [3, None], "r": 5}
    with pytest.raises(TypeError, match=r"has no place in a record"):
        plain({"a": object()})


def test_a_record_may_not_replace_what_the_maps_say(tmp_path, maps, exam):
    with pytest.raises(ValueError, match=r"hct"):
        write_maps(tmp_path / "out", maps, exam, {"hct": 0.3})
    assert not (tmp_path / "out").exists()


def test_results_are_replaced_only_when_asked(tmp_path, maps, exam):
    write_maps(tmp_path / "out", maps, exam, {})
    before = (tmp_path / "out" / "ktrans.nii.gz").read_bytes()
    other = replace(maps, values={"ktrans": maps["ktrans"] * 2})
    with pytest.raises(FileExistsError, match=r"--overwrite"):
        write_maps(tmp_path / "out", other, exam, {})
    assert (tmp_path / "out" / "ktrans.nii.gz").read_bytes() == before
    write_maps(tmp_path / "out", other, exam, {}, overwrite=True)
    assert (tmp_path / "out" / "ktrans.nii.gz").read_bytes() != before
    assert not (tmp_path / "out" / "ve.nii.gz").exists()


def test_writing_twice_gives_the_same_bytes(tmp_path, maps, exam):
    for name in ("a", "b"):
        write_maps(tmp_path / name, maps, exam, {})
    for file in (file for file in (tmp_path / "a").rglob("*") if file.is_file()):
        other = tmp_path / "b" / file.relative_to(tmp_path / "a")
        assert file.read_bytes() == other.read_bytes()
