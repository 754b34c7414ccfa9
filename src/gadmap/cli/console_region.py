"""What `gadmap region` says."""

from typing import TYPE_CHECKING

from rich.table import Table

from gadmap.cli.console import console, times_table

if TYPE_CHECKING:
    from gadmap.data import RegionFit
    from gadmap.pipeline import RegionResult


def say_regions(result: "RegionResult") -> None:
    """What was assumed, a table a region, how long the stages took, and what was written."""
    out = console()
    for remark in result.remarks:
        out.print(f"- {remark}", markup=False)
    for fit in result.fits:
        _say_fit(fit)
    out.print(times_table(result.seconds))
    if result.files:
        names = ", ".join(file.name for file in result.files)
        out.print(f"{result.files[0].parent}: {names}", markup=False, soft_wrap=True)


def _say_fit(fit: "RegionFit") -> None:
    from rich.markup import escape

    from gadmap.data import Reason
    from gadmap.quantities import QUANTITIES

    out, likelihood = console(), fit.likelihood
    out.print(
        f"{fit.name}: {fit.model}, mean of {fit.counted:,} of {fit.voxels:,} voxels, "
        f"R² {fit.r2:.4f}",
        markup=False,
    )
    if likelihood.reason != Reason.ESTIMATED:
        out.print(f"! {likelihood.reason.sentence}", markup=False)
    table = Table(box=None, pad_edge=False)
    table.add_column("quantity")
    table.add_column("unit")
    for heading in ("value", "SE", *(f"{100 * level:g} %" for level in likelihood.quantiles)):
        table.add_column(heading, justify="right")
    for name in likelihood.names:
        table.add_row(
            name,
            escape(QUANTITIES[name].unit or "fraction"),
            f"{fit[name]:.4g}",
            f"{fit.standard_error(name):.2g}",
            *(str(fit.interval(name, level)) for level in likelihood.quantiles),
        )
    out.print(table)
