"""Frame times: the first tag that tells all frames apart at every slice, never a guess."""

import numpy as np
import pytest

from gadmap.io import read_series, write_dicom
from gadmap.io.dicom_clock import seconds_of_day

TIMES = ("AcquisitionTime", "ContentTime", "TriggerTime", "AcquisitionDateTime")


def strip_times(dataset):
    for keyword in TIMES:
        if keyword in dataset:
            delattr(dataset, keyword)


def test_headers_without_times_ask_for_the_step(dynamic_folder, edit):
    edit(dynamic_folder, strip_times)
    with pytest.raises(ValueError, match=r"no frame times.*--frame-step"):
        read_series(dynamic_folder)


def test_the_step_given_makes_the_times_and_says_so(dynamic_folder, series, edit):
    edit(dynamic_folder, strip_times)
    found = read_series(dynamic_folder, frame_step=4.5)
    np.testing.assert_allclose(found.t, 4.5 * np.arange(5))
    assert found.time_source.startswith("--frame-step 4.5 s, ordered by TemporalPositionIdentifier")
    np.testing.assert_allclose(found.signal, series.signal, atol=0.01)


def test_instance_numbers_order_frames_where_nothing_else_does(dynamic_folder, series, edit):
    def strip(dataset):
        strip_times(dataset)
        del dataset.TemporalPositionIdentifier
        dataset.AcquisitionNumber = 1

    edit(dynamic_folder, strip)
    found = read_series(dynamic_folder, frame_step=4.5)
    assert found.time_source.endswith("ordered by InstanceNumber")
    np.testing.assert_allclose(found.signal, series.signal, atol=0.01)


@pytest.mark.parametrize("step", [0.0, -1.0, float("nan"), 0.01, 4762.0])
def test_a_step_that_cannot_be_one_is_refused(dynamic_folder, step):
    with pytest.raises(ValueError, match=r"expected"):
        read_series(dynamic_folder, frame_step=step)


def test_repetition_time_is_never_the_frame_step(dynamic_folder, edit):
    def only_repetition_time(dataset):
        strip_times(dataset)
        dataset.RepetitionTime = 500

    edit(dynamic_folder, only_repetition_time)
    with pytest.raises(ValueError, match=r"no frame times"):
        read_series(dynamic_folder)


def test_a_tag_that_fails_at_one_slice_is_not_used(tmp_path, series, edit):
    write_dicom(tmp_path, series, vendor="ge")

    def damage(dataset):
        dataset.AcquisitionTime = f"12000{dataset.AcquisitionNumber}"
        if dataset.AcquisitionNumber == 2 and dataset.InstanceNumber % 3 == 0:
            dataset.TriggerTime = "0"

    edit(tmp_path, damage)
    found = read_series(tmp_path)
    assert found.time_source == "AcquisitionTime (0008,0032)"
    np.testing.assert_allclose(found.t, np.arange(5))


def test_content_time_comes_last_and_with_a_caution(dynamic_folder, edit):
    def only_content_time(dataset):
        strip_times(dataset)
        dataset.ContentTime = f"1200{4 * dataset.AcquisitionNumber:02d}.5"

    edit(dynamic_folder, only_content_time)
    found = read_series(dynamic_folder)
    assert found.time_source == "ContentTime (0008,0033)"
    assert any("ContentTime" in note for note in found.notes)


def test_midnight_does_not_break_the_times(dynamic_folder, series, edit):
    def start_late(dataset):
        seconds = seconds_of_day(dataset.AcquisitionTime) - 43200 + 86390
        hours, rest = divmod(seconds % 86400, 3600)
        dataset.AcquisitionTime = f"{int(hours):02d}{int(rest // 60):02d}{rest % 60:09.6f}"

    edit(dynamic_folder, start_late)
    found = read_series(dynamic_folder)
    np.testing.assert_allclose(found.t, series.t, atol=2e-6)
    np.testing.assert_allclose(found.signal, series.signal, atol=0.01)


def test_times_that_contradict_the_frame_numbers_are_refused(dynamic_folder, edit):
    def swap(dataset):
        frame = dataset.AcquisitionNumber
        dataset.AcquisitionTime = f"12000{ {2: 3, 3: 2}.get(frame, frame) }"

    edit(dynamic_folder, swap)
    with pytest.raises(ValueError, match=r"times do not rise with TemporalPositionIdentifier"):
        read_series(dynamic_folder)


def test_frames_that_overlap_between_slices_are_refused(dynamic_folder, edit):
    """At slice 3 frame 2 is missing and a late image is there instead."""

    def shift(dataset):
        del dataset.TemporalPositionIdentifier
        if dataset.InstanceNumber % 3 == 0 and dataset.AcquisitionNumber == 2:
            dataset.AcquisitionTime = "120500"

    edit(dynamic_folder, shift)
    with pytest.raises(ValueError, match=r"times do not rise: .*after one of frame"):
        read_series(dynamic_folder)


def test_slices_acquired_one_after_the_other_take_the_earliest_time(dynamic_folder, series, edit):
    def spread(dataset):
        seconds = seconds_of_day(dataset.AcquisitionTime) + ((dataset.InstanceNumber - 1) % 3)
        dataset.AcquisitionTime = f"12{int(seconds // 60) % 60:02d}{seconds % 60:09.6f}"

    edit(dynamic_folder, spread)
    found = read_series(dynamic_folder)
    np.testing.assert_allclose(found.t, series.t, atol=2e-6)
    assert any("2 s apart" in note for note in found.notes)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("010203", 3723.0),
        ("010203.25", 3723.25),
        ("01:02:03", 3723.0),
        ("0102", 3720.0),
        ("20200131010203.5", 3723.5),
        ("20200131010203.5+0100", 3723.5),
        ("", None),
        ("noon", None),
    ],
)
def test_dicom_times_are_seconds_since_midnight(text, seconds):
    assert seconds_of_day(text) == seconds
