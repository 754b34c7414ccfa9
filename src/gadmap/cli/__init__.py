"""The command line. Heavy imports stay inside the commands, so that --help is quick."""

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from gadmap.cli.adapt import adapt
from gadmap.cli.cohort import cohort
from gadmap.cli.dicom import dicom
from gadmap.cli.evaluate import evaluate
from gadmap.cli.explain import explain
from gadmap.cli.map import map_command
from gadmap.cli.options import (
    Frames,
    FrameStep,
    Input,
    Matrix,
    Out,
    Overwrite,
    Seed,
    Slices,
)
from gadmap.cli.phantom import phantom
from gadmap.cli.region import region
from gadmap.cli.report import report
from gadmap.cli.reproduce import reproduce
from gadmap.cli.train import train
from gadmap.cli.view import view

app = typer.Typer(
    help="Pharmacokinetic maps (Ktrans, ve, kep, vp) from DCE-MRI.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command()
def info(
    source: Input,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    frame_step: FrameStep = None,
    number: Annotated[
        int | None,
        typer.Option("--file", min=1, help="Print where the file of that number lies instead."),
    ] = None,
) -> None:
    """Tell what is in a folder or file, and what is missing for a map."""
    from gadmap.cli.console import progress_bar, say_collection, say_description, say_lines
    from gadmap.pipeline import Collection, info, numbered_file

    if number is not None:
        say_lines([numbered_file(source, number)])
        return
    description = info(source, frame_step=frame_step, watch=progress_bar)
    if as_json:
        import json
        from dataclasses import asdict

        typer.echo(json.dumps(asdict(description), indent=2))
    elif isinstance(description, Collection):
        say_collection(description)
    else:
        say_description(description)


app.command()(phantom)


@app.command()
def demo(
    out: Out,
    seed: Seed = 0,
    matrix: Matrix = 256,
    slices: Slices = 16,
    frames: Frames = 65,
    overwrite: Overwrite = False,
) -> None:
    """Write the phantom as DICOM, map that folder, and compare with the known truth."""
    from gadmap.cli.console import progress_bar, say_lines, say_result
    from gadmap.pipeline import run_demo

    result = run_demo(
        out,
        seed=seed,
        matrix=matrix,
        slices=slices,
        frames=frames,
        overwrite=overwrite,
        watch=progress_bar,
    )
    say_result(result.mapped, {**result.phantom.seconds, **result.mapped.seconds})
    say_lines([result.error])


app.command("map")(map_command)
app.command()(train)
app.command()(adapt)
app.command()(evaluate)
app.command()(reproduce)
app.command()(explain)
app.command()(region)
app.command()(report)
app.command()(dicom)
app.command()(cohort)
app.command()(view)


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Pharmacokinetic maps (Ktrans, ve, kep, vp) from DCE-MRI."""
    if version:
        from gadmap import __version__

        typer.echo(f"gadmap {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line: exit 0 when done, 1 on bad input with one clear line, 2 on misuse.

    A request to end, as a cluster or a container sends it, ends the run as Ctrl-C does: what was
    half written is removed.
    """
    before = signal.signal(signal.SIGTERM, _end)
    try:
        app(args=spread(sys.argv[1:]))
    except (ValueError, OSError, KeyError) as error:
        typer.echo(f"error: {_line(error)}", err=True)
        sys.exit(1)
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the second request ends at once
    sys.exit(128 + signal.SIGTERM)


def spread(arguments: list[str]) -> list[str]:
    """`map INPUT --vfa A B C` as `--vfa A --vfa B --vfa C`, which the parser knows.

    So of explain and region.

    Only where INPUT comes first, so that it cannot be taken for a flip-angle volume.
    """
    if (
        arguments[:1] not in (["map"], ["explain"], ["region"])
        or arguments[1:2] == []
        or arguments[1].startswith("-")
    ):
        return arguments
    result: list[str] = []
    option = ""
    for argument in arguments:
        follows_vfa = option == "--vfa" and not argument.startswith("-")
        if argument.startswith("-"):
            option = argument
        elif follows_vfa and result[-1] != "--vfa":
            result.append("--vfa")
        result.append(argument)
    return result


def _line(error: Exception) -> str:
    """The message on one line; for the system's own errors the file and what is wrong."""
    if isinstance(error, OSError) and error.strerror:
        name = error.filename and Path(str(error.filename)).name  # its folders may name a patient
        return ": ".join(str(part) for part in (name, error.strerror) if part)
    message = error.args[0] if isinstance(error, KeyError) and error.args else error
    return " ".join(str(message).split())
