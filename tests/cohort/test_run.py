"""Every examination is mapped by itself: what is done stays done, what fails is a row."""

import json
import shutil

import numpy as np
import pytest
from small_cohort import SETTINGS, rows_of, small_cohort

from gadmap.cohort import exams_of_table
from gadmap.cohort.group import write_group
from gadmap.cohort.outcome import Outcome
from gadmap.io import read_maps, read_series
from gadmap.io.nifti_write import save_nifti
from gadmap.pipeline import MapSettings, map_exam


@pytest.fixture(scope="module")
def mapped(cohort, tmp_path_factory):
    out = tmp_path_factory.mktemp("mapped") / "out"
    result = cohort.run(out)
    assert result.whole
    return out


def stamps(out):
    return {file: file.stat().st_mtime_ns for file in out.rglob("*.nii.gz")}


def test_the_maps_are_those_of_map(cohort, mapped, tmp_path):
    alone = map_exam(cohort.folder / "exam-02" / "dce.nii.gz", tmp_path / "alone", SETTINGS)
    maps = read_maps(mapped / "exam-02")
    for name, values in alone.maps.values.items():
        np.testing.assert_array_equal(maps[name], values.astype(np.float32))


def test_finished_exams_are_kept_and_force_maps_them_again(cohort, mapped, tmp_path):
    out = shutil.copytree(mapped, tmp_path / "out")
    before = stamps(out)
    assert cohort.run(out).count("kept") == 4
    assert stamps(out) == before
    one = exams_of_table(cohort.table, cohort.folder, SETTINGS, ["2"], ["2"])
    assert [exam.name for exam in one] == ["exam-04"]
    assert cohort.run(out, force=True).count("finished") == 4
    assert stamps(out) != before
    rows = rows_of(out / "cohort.tsv")
    assert [row["state"] for row in rows.values()] == ["finished"] * 4
    assert rows["exam-03"]["aif"].startswith("parker")


def test_results_of_other_choices_are_not_taken_for_these(cohort, mapped, tmp_path):
    out = shutil.copytree(mapped, tmp_path / "out")
    result = cohort.run(out, MapSettings(aif="parker", model="patlak"))
    assert result.count("failed") == 4
    assert "other choices are there (model tofts, now patlak); add --force" in (
        result.outcomes[0].reason
    )


def test_an_exam_that_changed_on_the_disk_is_mapped_again(cohort, mapped, tmp_path):
    out = shutil.copytree(mapped, tmp_path / "out")
    with (out / "exam-01" / "ktrans.nii.gz").open("ab") as file:
        file.write(b"x")
    (out / "exam-02" / ".gadmap.json").unlink()
    result = cohort.run(out)
    states = {one.name: one.state for one in result.outcomes}
    assert states["exam-01"] == "finished"
    assert states["exam-03"] == states["exam-04"] == "kept"
    # Without its manifest nothing tells that the files are gadmap's: they are not touched.
    assert result.outcomes[1].reason.count("files that gadmap did not write") == 1


def test_an_exam_that_cannot_be_mapped_is_a_row_and_all_else_is_done(tmp_path):
    cohort = small_cohort(tmp_path / "in", 4)
    series = cohort.folder / "exam-02" / "dce.nii.gz"
    series.write_bytes(series.read_bytes()[:2000])
    sidecar = cohort.folder / "exam-03" / "dce.json"
    whole = sidecar.read_text()
    sidecar.write_text(json.dumps(json.loads(whole) | {"FrameTimesStart": [0, 1]}))
    result = cohort.run(tmp_path / "out")
    assert not result.whole
    rows = rows_of(tmp_path / "out" / "cohort.tsv")
    assert [row["state"] for row in rows.values()] == ["finished", "failed", "failed", "finished"]
    assert "dce.nii.gz" in rows["exam-02"]["reason"]
    assert str(tmp_path) not in (tmp_path / "out" / "cohort.tsv").read_text()
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        *(".gadmap-cohort", "cohort.tsv", "exam-01", "exam-04")
    ]
    sidecar.write_text(whole)
    again = cohort.run(tmp_path / "out")
    assert [one.state for one in again.outcomes] == ["kept", "failed", "finished", "kept"]
    assert rows_of(tmp_path / "out" / "cohort.tsv")["exam-03"]["reason"] == "n/a"


def test_a_flood_of_nan_is_a_row_or_voxels_with_a_reason(tmp_path):
    cohort = small_cohort(tmp_path / "in", 2)
    for name, keep in (("exam-01", 0), ("exam-02", 1)):
        file = cohort.folder / name / "dce.nii.gz"
        series = read_series(file)
        signal = np.array(series.signal)
        signal[:, 11 * keep :] = np.nan
        save_nifti(file, signal, series.affine, "signal")
    first, second = cohort.run(tmp_path / "out").outcomes
    assert first.state == "failed"
    assert second.state == "finished"
    rows = rows_of(tmp_path / "out" / "cohort.tsv")
    assert 0 < int(rows["exam-02"]["voxels"]) < 400


def test_the_group_tells_regions_repeatability_and_what_stands_apart(cohort, mapped, tmp_path):
    out = shutil.copytree(mapped, tmp_path / "out")
    region = np.zeros((18, 22, 3), np.float32)
    region[12:14, 10:13] = 1
    save_nifti(tmp_path / "tumour.nii.gz", region, np.diag([2.0, 2.0, 5.0, 1.0]), "region")
    text = cohort.table.read_text().replace("session\n", "session,regions\n")
    lines = [text.splitlines()[0], *(f"{line},tumour.nii.gz" for line in text.splitlines()[1:])]
    (tmp_path / "exams.csv").write_text("\n".join(lines) + "\n")
    exams = exams_of_table(tmp_path / "exams.csv", tmp_path, SETTINGS)
    said = write_group(exams, out)
    assert said[0] == "4 of 4 examinations have results"
    maps = read_maps(out / "exam-03")
    table = (out / "group.tsv").read_text().splitlines()
    columns = table[0].split("\t")
    rows = [dict(zip(columns, line.split("\t"), strict=True)) for line in table[1:]]
    row = next(
        row
        for row in rows
        if (row["exam"], row["region"], row["quantity"]) == ("exam-03", "tumour", "ktrans")
    )
    assert float(row["median"]) == pytest.approx(np.median(maps["ktrans"][region > 0]), rel=1e-6)
    retest = [
        line.split("\t") for line in (out / "group_repeatability.tsv").read_text().split("\n")
    ]
    assert retest[1][3] == "2"  # participants
    page = (out / "group.html").read_text()
    assert "http" not in page.replace("http://www.w3.org", "")
    assert page.count('href="exam-0') == 4
    (out / "exam-01" / "ktrans.nii.gz").write_bytes(b"x")
    write_group(exams, out)
    assert "ktrans.nii.gz has 1 bytes" in (out / "group.html").read_text()


def test_reports_alone_are_written_anew(cohort, mapped, tmp_path):
    out = shutil.copytree(mapped, tmp_path / "out")
    (out / "exam-01" / "report.html").write_text("damaged")
    before = stamps(out)
    result = cohort.run(out, reports_only=True)
    assert [one.state for one in result.outcomes] == ["waiting"] + ["finished"] * 3
    assert stamps(out) == before
    assert Outcome(name="exam-04", state="finished") in result.outcomes
    assert cohort.run(out).count("kept") == 3
