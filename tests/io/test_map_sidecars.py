"""Sidecars of maps: the lexicon's words and codes, and names that BIDS' tools can take apart."""

import json

import pytest

from gadmap.data import Reason
from gadmap.estimators import LeastSquares
from gadmap.io import BidsExam, BidsOrigin, bids_origin, read_aif, read_maps, write_maps
from gadmap.io.bids_name import bids_name
from gadmap.io.maps_read import read_maps_record
from gadmap.io.sidecar import read_sidecar
from gadmap.physics.kinetics import KINETIC_MODELS
from gadmap.quantities import QUANTITIES

ORIGIN = BidsOrigin(name="sub-01_ses-b", sources=("bids:raw:sub-01/ses-b/perf/x_dce.nii.gz",))


@pytest.fixture(params=[None, ORIGIN], ids=["plain", "bids"])
def written(request, tmp_path, maps, exam):
    write_maps(tmp_path / "out", maps, exam, {}, origin=request.param, keep_exam=False)
    return tmp_path / "out"


def test_every_map_has_unit_and_code_of_the_lexicon_beside_it(written):
    record = read_maps_record(written)
    for kind in ("maps", "standard_errors"):
        for name, entry in record[kind].items():
            keys, quantity = read_sidecar(written / entry["file"]), QUANTITIES[name]
            assert keys["Quantity"] == name
            assert keys["Units"] == (quantity.unit or "1")
            assert keys.get("LexiconCode", "") == quantity.code
            assert quantity.description in keys["Description"]
            assert keys.get("Statistic") == (None if kind == "maps" else "standard error")


def test_every_image_says_what_it_was_estimated_from(written, exam):
    images = list(written.glob("*.nii.gz"))
    assert len(images) == 8
    for image in images:
        keys = read_sidecar(image)
        assert keys["ArterialInput"] == exam.aif.source
        assert keys["NativeT1"] == exam.t10_source
        assert (keys["Relaxivity"], keys["Hematocrit"]) == (exam.relaxivity, exam.hct)
        assert (keys["Estimator"], keys["Model"]) == ("least-squares", "tofts")


def test_the_codes_of_the_reasons_are_told(written):
    (file,) = written.glob("*reason.json")
    levels = json.loads(file.read_text())["Levels"]
    assert levels == {str(int(reason)): reason.sentence for reason in Reason}


def test_maps_come_back_by_whatever_name(written, maps):
    found = read_maps(written)
    assert found.values.keys() == maps.values.keys()
    assert found.standard_error.keys() == maps.standard_error.keys()


def test_names_in_bids_are_entities_and_a_suffix_of_letters_and_digits(tmp_path, maps, exam):
    files = write_maps(tmp_path / "out", maps, exam, {}, origin=ORIGIN, keep_exam=False)
    named = [bids_name(file) for file in files if file.name != "maps.json"]
    assert len(named) == 2 * 9
    for name in named:
        assert list(name.entities.items())[:2] == [("sub", "01"), ("ses", "b")]
        assert list(name.entities)[2:] in ([], ["desc"])
        assert all(label.isalnum() for label in (*name.entities.values(), name.suffix))
        if name.path.suffix == ".json":
            assert json.loads(name.path.read_text())["Sources"] == list(ORIGIN.sources)
    stems = {file.name.split(".")[0] for file in files}
    assert {"sub-01_ses-b_desc-tofts_ktransmap", "sub-01_ses-b_desc-toftsSE_ktransmap"} <= stems


def test_a_table_of_bids_holds_no_comments_and_the_sidecar_tells_its_columns(tmp_path, maps, exam):
    write_maps(tmp_path / "out", maps, exam, {}, origin=ORIGIN)
    table = tmp_path / "out" / "sub-01_ses-b_aif.tsv"
    header, *rows = table.read_text().splitlines()
    assert len(rows) == exam.aif.t.size
    keys = json.loads(table.with_suffix(".json").read_text())
    assert set(header.split("\t")) <= keys.keys()
    assert keys["Voxels"] == exam.aif.voxels.tolist()
    assert keys["Rationale"] == list(exam.aif.rationale)
    assert read_aif(table).is_plasma


@pytest.mark.parametrize("model", KINETIC_MODELS)
def test_a_fit_bears_the_code_of_its_model(tmp_path, exam, model):
    maps = LeastSquares(model).estimate(exam)
    write_maps(tmp_path / "out", maps, exam, {})
    keys = read_sidecar(tmp_path / "out" / f"{next(iter(maps.values))}.nii.gz")
    assert keys["ModelLexiconCode"] == KINETIC_MODELS[model].code


def test_sources_are_told_within_their_dataset_and_others_not_at_all(tmp_path):
    (tmp_path / "study" / "perf").mkdir(parents=True)
    (tmp_path / "study" / "dataset_description.json").write_text("{}")
    dynamic = tmp_path / "study" / "perf" / "sub-1_dce.nii.gz"
    exam = BidsExam(participant="1", session=None, name="sub-1", dynamic=dynamic)
    used = (dynamic.with_name("sub-1_T1map.nii.gz"), tmp_path / "SMITH" / "t1.nii.gz")
    assert bids_origin(exam, used).sources == (
        "bids:raw:perf/sub-1_dce.nii.gz",
        "bids:raw:perf/sub-1_T1map.nii.gz",
    )
    with pytest.raises(ValueError, match=r"lies in no BIDS dataset"):
        bids_origin(BidsExam(participant="1", session=None, name="a", dynamic=tmp_path / "b"), ())
