"""The DICOM tags that may tell when a frame was acquired, read as seconds."""

import re
from dataclasses import dataclass

from pydicom.dataset import Dataset

from gadmap.io.dicom_slice import PHILIPS_BEGIN_TIME, number, philips_number

DAY = 86400.0


@dataclass(frozen=True)
class Clock:
    """A tag that may hold frame times.

    Attributes
    ----------
    keyword, tag
        Name and number.
    time_of_day
        True where it holds the time of day, which jumps back at midnight.
    caution
        What must be said where this tag was used.
    """

    keyword: str
    tag: str
    time_of_day: bool = False
    caution: str = ""

    def __str__(self) -> str:
        return f"{self.keyword} {self.tag}"


# In the order in which they are tried: those that say "time of the frame" before those that
# say "time of the file". RepetitionTime is not among them: it is never the frame step.
CLOCKS = (
    Clock("TemporalPositionTimeOffset", "(0020,930D)"),
    Clock("TriggerTime", "(0018,1060)"),
    Clock("Philips dynamic scan begin time", "(2005,10A0)"),
    Clock("FrameReferenceDateTime", "(0018,9151)", time_of_day=True),
    Clock("FrameAcquisitionDateTime", "(0018,9074)", time_of_day=True),
    Clock("AcquisitionDateTime", "(0008,002A)", time_of_day=True),
    Clock("AcquisitionTime", "(0008,0032)", time_of_day=True),
    Clock(
        "ContentTime",
        "(0008,0033)",
        time_of_day=True,
        caution="frame times come from ContentTime, when the image was made: check that it was "
        "made as the frame was acquired, or give --frame-step",
    ),
)

_TIME = re.compile(r"^(\d{2}):?(\d{2}):?(\d{2})?(\.\d+)?$")
_ZONE = re.compile(r"[+-]\d{4}$")


def seconds_of_day(value: object) -> float | None:
    """Seconds since midnight of a DICOM TM or DT value; None where it is none."""
    text = _ZONE.sub("", str(value or "").strip())
    if re.match(r"^\d{12}", text):
        text = text[8:]
    match = _TIME.match(text)
    if not match:
        return None
    hours, minutes, seconds, fraction = match.groups()
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds or 0) + float(fraction or 0)


def classic_times(dataset: Dataset) -> dict[str, float]:
    """Time of an image by each tag that a file's top level holds [s]."""
    trigger_ms = number(dataset, "TriggerTime")
    times = {
        "TriggerTime": None if trigger_ms is None else trigger_ms / 1000,
        "Philips dynamic scan begin time": philips_number(dataset, PHILIPS_BEGIN_TIME),
        "TemporalPositionTimeOffset": number(dataset, "TemporalPositionTimeOffset"),
    }
    for keyword in ("AcquisitionDateTime", "AcquisitionTime", "ContentTime"):
        times[keyword] = seconds_of_day(dataset.get(keyword))
    return {keyword: t for keyword, t in times.items() if t is not None}
