"""Which of a folder's series is the dynamic one."""

import re
from collections.abc import Sequence

from gadmap.data.series import MIN_FRAMES
from gadmap.io.dicom_series import DicomSeries
from gadmap.io.dicom_slice import Slice

A_UID = "a UID"
_PLACE = re.compile(r"(.+?)\s*#([1-9]\d{0,3})")
_UID = re.compile(r"[\d.]{5,}")
_UID_END = 5  # characters that make the end of a UID; fewer are a series number


def select_dynamic(found: Sequence[DicomSeries], series: str | None, where: str) -> DicomSeries:
    """The dynamic series: the only one, or that which `series` names.

    Parameters
    ----------
    series
        A series number, the end of a SeriesInstanceUID (5 characters or more), or (part of) a
        description; or several words out of number, TE in ms and image type, where one number
        covers several series. "5 #2" is the second of the dynamic series that "5" names.

    Raises
    ------
    ValueError
        If there is none, or more than one; the message lists what there is.
    """
    if series is not None:
        return _named(found, series, where)
    pool = [one for one in found if one.dynamic]
    pool = [one for one in pool if not one.derived] or pool
    if len(pool) == 1:
        return pool[0]
    if pool:
        raise ValueError(
            f"{where}: {len(pool)} dynamic series: {_listed(pool)}; choose one with --series NUMBER"
        )
    raise ValueError(
        f"{where}: no dynamic series among {_listed(found)}; expected a spoiled gradient echo with "
        f"at least {MIN_FRAMES} frames. Is this the whole folder of the examination?"
    )


def _named(found: Sequence[DicomSeries], name: str, where: str) -> DicomSeries:
    matching = _matching(found, name.strip()) or _in_place(found, name.strip())
    if not matching:
        raise ValueError(f"{where}: no series {told_choice(name)} among {_listed(found)}")
    dynamic = [one for one in matching if one.dynamic]
    if len(dynamic) == 1:
        return dynamic[0]
    if dynamic:
        raise ValueError(
            f"{where}: {told_choice(name)} names {len(dynamic)} dynamic series: {_listed(dynamic)};"
            ' add the TE or the image type, as in --series "5 NORM", or which of them in this order'
            f', as in --series "5 #{len(dynamic)}"'
        )
    raise ValueError(
        f"{where}: {_listed(matching)} is not dynamic; expected a spoiled gradient echo with at "
        f"least {MIN_FRAMES} frames"
    )


def told_choice(name: str) -> str:
    """What was asked for, as messages and records tell it: a UID, or its end, is not repeated."""
    return "of that UID" if _UID.fullmatch(name.strip()) else repr(name)


def recorded_choice(name: str) -> str:
    """What was asked for, as a record keeps it: that it was a UID, not which."""
    return A_UID if _UID.fullmatch(name.strip()) else name


def _in_place(found: Sequence[DicomSeries], name: str) -> list[DicomSeries]:
    """The dynamic series that a name and a place among those it names choose."""
    choice = _PLACE.fullmatch(name)
    if choice is None:
        return []
    dynamic = [one for one in _matching(found, choice[1]) if one.dynamic]
    return dynamic[int(choice[2]) - 1 : int(choice[2])]


def _matching(found: Sequence[DicomSeries], name: str) -> list[DicomSeries]:
    """Series by number, else by UID's end, else by description or a part of it, else by words."""
    tests = (
        lambda image: str(image.series_number) == name,
        lambda image: len(name) >= _UID_END and image.series_uid.endswith(name),
        lambda image: image.description.lower() == name.lower(),
        lambda image: name.lower() in image.description.lower(),
        lambda image: set(name.upper().split()) <= _words(image),
    )
    for test in tests:
        matching = [one for one in found if any(test(image) for image in one.slices)]
        if matching and name:
            return matching
    return []


def _words(image: Slice) -> set[str]:
    echo = set() if image.te_ms is None else {f"{image.te_ms:g}"}
    return {str(image.series_number), *image.image_type, *echo}


def _listed(found: Sequence[DicomSeries], limit: int = 12) -> str:
    more = f" and {len(found) - limit} more" if len(found) > limit else ""
    return ", ".join(one.summary for one in found[:limit]) + more
