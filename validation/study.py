"""A section of the page: words, tables and figures, and the command that makes it alone."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from matplotlib.figure import Figure

IMAGES = Path(__file__).parents[1] / "docs" / "images"
FIRST, SECOND, THIRD, INK = "#0072b2", "#d55e00", "#009e73", "#333333"
"""Colours of lines, told apart without seeing colours: Okabe and Ito, 2008."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Study:
    """What one study says.

    Attributes
    ----------
    name
        Of its module, its figures and its command.
    title
        Heading.
    text
        Markdown with all tables; `{figure}` stands where a figure is to be.
    figures
        Words for who cannot see it, to figure, in their order in the text.
    """

    name: str
    title: str
    text: str
    figures: Mapping[str, Figure] = field(default_factory=dict)

    @property
    def command(self) -> str:
        """What makes this section alone."""
        return f".venv/bin/python -m validation.{self.name}"

    def files(self) -> list[str]:
        """Names of the figures' files."""
        return [f"validation-{self.name}-{k}.png" for k in range(1, len(self.figures) + 1)]

    def markdown(self) -> str:
        """The section, with links to its figures."""
        text = self.text
        for words, file in zip(self.figures, self.files(), strict=True):
            text = text.replace("{figure}", f"![{words}](images/{file})", 1)
        return f"## {self.title}\n\n{text.strip()}\n\nCommand: `{self.command}`\n"

    def save_figures(self, folder: Path) -> None:
        """Write the figures, the same bytes for the same figures."""
        for figure, file in zip(self.figures.values(), self.files(), strict=True):
            figure.savefig(folder / file, dpi=110, metadata={"Software": None})


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table in Markdown: words to the left, numbers to the right."""
    numeric = [all(_is_number(row[k]) for row in rows) for k in range(len(head))]
    rule = ["---:" if right else "---" for right in numeric]
    lines = [head, rule, *[[str(cell) for cell in row] for row in rows]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def short(value: float) -> str:
    """Two digits."""
    return f"{value:.2g}"


def percent(share: float) -> str:
    """A signed share in percent: a digit after the point below ten."""
    return f"{100 * share:+.{1 if abs(share) < 0.0995 else 0}f} %".replace("-", "−")


def _is_number(cell: object) -> bool:
    text = str(cell).replace("−", "-").rstrip(" %")
    return text.lstrip("+-<±").replace(".", "", 1).replace("e-", "", 1).isdigit()


def run_alone(study: Callable[[], Study]) -> None:
    """Print a section, and with --figures write its figures into a folder."""
    parser = argparse.ArgumentParser(description="One section of the validation page.")
    parser.add_argument("--figures", type=Path, help="folder to write the section's figures into")
    folder = parser.parse_args().figures
    torch.set_num_threads(1)
    made = study()
    print(made.markdown())
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        made.save_figures(folder)
