"""A table of examinations says for each what `gadmap map` is to do."""

from pathlib import Path

import pytest

from gadmap.cohort import exams_of_table
from gadmap.pipeline import MapSettings


def read(folder, text, name="exams.csv", settings=None, **options):
    table = folder / name
    table.write_text(text)
    return exams_of_table(table, folder, settings or MapSettings(), **options)


def test_a_row_is_an_exam_with_its_own_choices(tmp_path):
    (tmp_path / "aif.csv").write_text("")
    one, other = read(
        tmp_path,
        "exam,input,participant,session,vfa,aif,hct,regions\n"
        "a,scans/a,p1,1,f1.nii.gz; f2.nii.gz,aif.csv,0.4,roi.nii.gz\n"
        "\n"
        "b,scans/b,p1,2,,,,\n",
        settings=MapSettings(aif="parker", t10=1.2),
    )
    assert (one.name, one.folder, one.source) == ("a", Path("a"), tmp_path / "scans/a")
    assert one.settings.vfa == (tmp_path / "f1.nii.gz", tmp_path / "f2.nii.gz")
    assert one.settings.t10 is None
    assert (one.settings.aif, one.settings.hct) == (tmp_path / "aif.csv", 0.4)
    assert one.regions == (tmp_path / "roi.nii.gz",)
    assert (other.settings, other.session) == (MapSettings(aif="parker", t10=1.2), "2")


def test_tabs_and_labels(tmp_path):
    text = "exam\tinput\tparticipant\nx\tx\t01\ny\ty\t02\n"
    assert [e.name for e in read(tmp_path, text, "exams.tsv", participants=["sub-02"])] == ["y"]
    with pytest.raises(ValueError, match="no examination of participant 03; there are 01, 02"):
        read(tmp_path, text, "exams.tsv", participants=["03"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("exam;input\na;b\n", "columns exam;input; expected exam and input"),
        ("exam,input,colour\na,b,red\n", "columns exam, input, colour; expected"),
        ("exam,input\na,b,c\n", "line 2: another number of cells"),
        ("exam,input,hct\na,b\n", "line 2: another number of cells"),
        ("exam,input\n../a,b\n", "line 2: exam is '../a'; expected a label"),
        ("exam,input\n.,b\n", "expected a label"),
        ("exam,input\na,\n", "line 2: no input"),
        ("exam,input\na,b\na,c\n", "exam a stands there more than once"),
        ("exam,input,hct\na,b,much\n", "line 2: hct is 'much'; expected a number"),
        ("exam,input,t10,vfa\na,b,1.2,f.nii\n", "line 2: both vfa and t10"),
        ("exam,input\n", "no row below the head"),
        ("", "columns nothing"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused_in_one_line(tmp_path, text, message):
    with pytest.raises(ValueError, match=r"exams\.csv") as caught:
        read(tmp_path, text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
