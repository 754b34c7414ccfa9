"""`docs/validation.md` and its figures, made whole: `make validation`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from validation import model_choice, noise, osipi, propagation, qiba, sampling
from validation.reference_data import MissingDataError
from validation.study import IMAGES, Study

PAGE = Path(__file__).parents[1] / "docs" / "validation.md"
REFERENCE: dict[str, Callable[[], Study]] = {
    "OSIPI's reference sets": osipi.study,
    "QIBA's digital reference object": qiba.study,
}
"""Studies of data that others made, by their headings."""
OWN: tuple[Callable[[], Study], ...] = (
    sampling.study,
    noise.study,
    model_choice.study,
    propagation.study,
)
HEAD = """# Validation

How near gadmap comes to what is known to be true. The page is made whole by `make validation`, in
a minute or two, and every section by the command beneath it; no figure depends on the machine.
How fast gadmap is, `make bench` tells.

The sections on reference data need OSIPI's and QIBA's files, which are not part of gadmap: in the
folder that `GADMAP_DATA` names, or in `shared/data` beside the code.
"""


def studies(*, without_data: bool) -> tuple[list[Study], list[str]]:
    """All sections, and the sentences in the place of those whose data are not there.

    Raises
    ------
    MissingDataError
        If reference data are not there and the page is not asked for without them.
    """
    made, missing = [], []
    for title, study in REFERENCE.items():
        try:
            made.append(study())
        except MissingDataError:
            if not without_data:
                raise
            missing.append(f"## {title}\n\nNot made: the reference data were not there.\n")
    return made + [study() for study in OWN], missing


def write_page(page: Path, images: Path, made: Sequence[Study], missing: Sequence[str]) -> None:
    """Write the figures, those of no study of the page gone, and then the page."""
    images.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=images) as folder:
        for one in made:
            one.save_figures(Path(folder))
        for old in images.glob("validation-*.png"):
            old.unlink()
        for new in Path(folder).iterdir():
            new.replace(images / new.name)
    text = "\n".join([HEAD, *missing, *(one.markdown() for one in made)])
    page.write_text(text, encoding="utf-8")


def main() -> None:
    """Make the page, or say in one line why not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--without-data", action="store_true", help="make the page even where data are missing"
    )
    asked = parser.parse_args()
    torch.set_num_threads(1)
    try:
        made, missing = studies(without_data=asked.without_data)
    except MissingDataError as error:
        sys.exit(f"error: {error}, or make the page with less by --without-data")
    write_page(PAGE, IMAGES, made, missing)
    print(f"{PAGE.name}: {len(made)} sections")


if __name__ == "__main__":
    main()
