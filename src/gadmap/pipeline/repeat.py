"""`gadmap map --from maps.json`: the settings of an earlier run."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NotRequired

from pydantic import ConfigDict, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from gadmap.io import A_UID, read_maps_record
from gadmap.pipeline.inputs import PathLike
from gadmap.pipeline.map_exam import MapResult, map_exam
from gadmap.pipeline.map_settings import A_FOLDER, MapSettings
from gadmap.pipeline.provenance import FILE_OPTIONS, digest_of, sameness
from gadmap.pipeline.stages import Watch, unwatched


class _Options(TypedDict):
    """The settings as `maps.json` holds them."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)  # type: ignore[misc]

    vfa: list[str]
    t10: float | str | None
    b1: str | None
    b1_error: NotRequired[float | None]
    aif: str
    aif_error: NotRequired[float | None]
    hct: float | None
    relaxivity: float | None
    model: str | None
    fit_delay: bool
    fit_dispersion: NotRequired[bool]
    compare: NotRequired[list[str]]
    domain: NotRequired[str]
    noise: NotRequired[str]
    water_exchange: NotRequired[str]
    estimator: str
    reference: str | None
    reference_ktrans: float | None
    reference_ve: float | None
    mask: str
    motion: bool
    device: NotRequired[str]  # runs before there was a choice had the CPU
    series: str | None
    frame_step: float | None


class _Record(TypedDict):
    __pydantic_config__ = ConfigDict(extra="ignore", strict=True)  # type: ignore[misc]

    options: _Options
    files: dict[str, str]


def map_again(
    record: PathLike,
    source: PathLike,
    out: PathLike,
    given: Mapping[str, Any],
    *,
    keep_exam: bool = True,
    mem: int | str | None = None,
    overwrite: bool = False,
    watch: Watch = unwatched,
) -> MapResult:
    """Map with the settings of an earlier run, and say whether input and program are the same.

    Parameters
    ----------
    record
        `maps.json` of that run, or its folder.
    source, out, keep_exam, mem, overwrite
        As in `map_exam`.
    given
        Settings that are given anew, by name.

    Raises
    ------
    ValueError, OSError
        As `repeated_settings` and `map_exam` do.
    """
    settings = repeated_settings(record, source, given)
    earlier = read_maps_record(_folder(record))
    result = map_exam(
        source, out, settings, keep_exam=keep_exam, mem=mem, overwrite=overwrite, watch=watch
    )
    told = sameness(read_maps_record(Path(out)), earlier)
    return replace(result, remarks=(*result.remarks, *told))


def repeated_settings(record: PathLike, source: PathLike, given: Mapping[str, Any]) -> MapSettings:
    """The settings of the run that wrote a `maps.json`.

    It names files without their folders. They are looked for beside the input and beside the
    record, and must be the same by their checksums; a file that is given anew need not be.

    Raises
    ------
    FileNotFoundError
        If there is no such record, or a file that it names is not found.
    ValueError
        If it is no record of a run, or a file that it names has changed.
    """
    folder = _folder(record)
    known = _record(folder)
    options: dict[str, Any] = {**known["options"], **given}
    places = [Path(source) if Path(source).is_dir() else Path(source).parent, folder]
    for name in FILE_OPTIONS:
        if name not in given:
            options[name] = _found(options[name], f"--{name}", known, places)
    if options["series"] == A_UID:
        raise ValueError(
            "the run was given a UID with --series, which no record keeps; give it again"
        )
    if "vfa" not in given:
        options["vfa"] = [_found(one, "--vfa", known, places) for one in options["vfa"]]
    options["model"] = options["model"] or MapSettings.model
    if "compare" not in given and ("model" in given or "estimator" in given):
        options["compare"] = ()
    return MapSettings(**options)


def _folder(record: PathLike) -> Path:
    path = Path(record)
    return path if path.is_dir() else path.parent


def _record(folder: Path) -> _Record:
    try:
        return TypeAdapter(_Record).validate_python(read_maps_record(folder))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ValueError(
            f"{folder.name}/maps.json: {place}: {first['msg']}; expected it as this version of "
            "gadmap map writes it"
        ) from error


def _found(value: Any, option: str, record: _Record, places: list[Path]) -> Any:
    """The file that a setting names; a word or a number as it is."""
    if value == A_FOLDER:
        raise ValueError(f"the run was given a folder with {option}; give it again")
    if not isinstance(value, str) or value not in record["files"]:
        return value
    for file in (place / Path(value).name for place in places):
        if file.is_file():
            if digest_of(file) != record["files"][value]:
                raise ValueError(
                    f"{file.name}: has changed since that run; give {option} to use it nevertheless"
                )
            return file
    raise FileNotFoundError(
        f"the run was given the file {value} with {option}; expected it beside the input or beside "
        "maps.json, or given again"
    )
