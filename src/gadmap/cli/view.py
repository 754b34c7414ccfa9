"""`gadmap view`."""

from pathlib import Path
from typing import Annotated

import typer


def view(
    results: Annotated[
        list[Path],
        typer.Argument(help="Results of gadmap map; further ones of the same examination."),
    ],
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on this machine; 0 for a free one.")
    ] = 0,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address only.")
    ] = False,
    export: Annotated[
        Path | None, typer.Option(help="Write one HTML file that opens without a server instead.")
    ] = None,
    maps: Annotated[
        str | None,
        typer.Option(help="With --export: maps to hold, as ktrans,ve; else ktrans or the first."),
    ] = None,
    region: Annotated[
        Path | None, typer.Option(help="With --export: NIfTI mask of the voxels with curves.")
    ] = None,
    curves: Annotated[
        int | None,
        typer.Option(min=1, max=5000, help="With --export: most curves to hold; else 200."),
    ] = None,
    no_frames: Annotated[
        bool, typer.Option("--no-frames", help="With --export: leave the dynamic series out.")
    ] = False,
) -> None:
    """Look at an examination and its maps in the browser: click a voxel, see its curve."""
    from gadmap.cli.console import say_lines
    from gadmap.viewer import read_shown, serve, write_page

    if export is None and (maps, region, curves, no_frames) != (None, None, None, False):
        raise typer.BadParameter(
            "--maps, --region, --curves and --no-frames are of --export PAGE.html"
        )
    if export is None:
        serve(
            read_shown(results),
            port=port,
            browser=not no_browser,
            say=lambda address: say_lines([address, "Ctrl-C ends"]),
        )
        return
    rule = write_page(
        export,
        results,
        maps=[name.strip() for name in maps.split(",")] if maps else None,
        region=region,
        curves=curves or 200,
        frames=not no_frames,
    )
    say_lines([rule, f"{export}: {export.stat().st_size / 1e6:.1f} MB"])
