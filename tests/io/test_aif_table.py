"""Arterial input from a table."""

import numpy as np
import pytest

from gadmap.io import read_aif


def test_plasma_is_read_from_csv(tmp_path):
    file = tmp_path / "aif.csv"
    file.write_text("time_s,plasma_mmol_per_l\n0,0\n2.5,1e-1\n10,5\n")
    table = read_aif(file)
    np.testing.assert_array_equal(table.t, [0, 2.5, 10])
    np.testing.assert_array_equal(table.concentration, [0, 0.1, 5])
    assert table.is_plasma
    assert table.name == "aif.csv"


@pytest.mark.parametrize("mark", ["\t", ";", ","])
def test_blood_is_read_whatever_separates_the_columns_and_wherever_they_stand(tmp_path, mark):
    file = tmp_path / "aif.tsv"
    rows = [["blood_mmol_per_l", "note", "Time_s "], ["0", "a", "1"], [" 3 ", "", "2"]]
    file.write_text("\ufeff" + "\r\n".join(mark.join(row) for row in rows) + "\r\n\r\n")
    table = read_aif(file)
    np.testing.assert_array_equal(table.t, [1, 2])
    np.testing.assert_array_equal(table.concentration, [0, 3])
    assert not table.is_plasma


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("", "columns none; expected a header"),
        ("0,0\n1,2\n", "columns 0, 0; expected a header with time_s"),
        ("time_s,plasma_mmol_per_l,blood_mmol_per_l\n0,0,0\n", "one of"),
        ("time_s,plasma_mmol_per_l\n0,0\n1,\n", "row 3: plasma_mmol_per_l is empty"),
        ("time_s,plasma_mmol_per_l\n0,0\n\n1,nan\n", "row 4: plasma_mmol_per_l is 'nan'"),
        ("time_s,plasma_mmol_per_l\n0,0\nx,1\n", "row 3: time_s is 'x'"),
        ("time_s,plasma_mmol_per_l\n0,0\n1\n", "row 3: plasma_mmol_per_l is empty"),
        ("time_s,plasma_mmol_per_l\n0,0\n", "1 rows; expected at least 2"),
        ("time_s,plasma_mmol_per_l\n0,0\n2,1\n1,3\n", "times do not rise"),
    ],
)
def test_a_faulty_table_is_refused_with_its_row(tmp_path, text, pattern):
    file = tmp_path / "aif.csv"
    file.write_text(text)
    with pytest.raises(ValueError, match=pattern) as caught:
        read_aif(file)
    assert "\n" not in str(caught.value)


def test_a_missing_or_binary_table_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no such file"):
        read_aif(tmp_path / "aif.csv")
    (tmp_path / "aif.csv").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(ValueError, match=r"not a text file"):
        read_aif(tmp_path / "aif.csv")
