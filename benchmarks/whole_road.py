"""The demonstration's folder, DICOM to maps and report: where the time goes."""

import argparse
import tempfile
from pathlib import Path
from time import perf_counter

from curves import table
from gadmap.io import read_series
from gadmap.pipeline import map_exam, write_phantom

READING_AIM = 3.0  # s


def main() -> None:
    """Write the phantom into a temporary folder, map it and print the stages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--matrix", type=int, default=256)
    parser.add_argument("--slices", type=int, default=16)
    parser.add_argument("--frames", type=int, default=65)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        phantom = write_phantom(folder / "phantom", **vars(options))
        dynamic = options.slices * options.frames
        start = perf_counter()
        mapped = map_exam(phantom.source, folder / "maps")
        whole = perf_counter() - start
        start = perf_counter()
        read_series(phantom.source)
        reading = perf_counter() - start
    rows = [
        (stage, f"{seconds:.2f}", f"{seconds / whole:.0%}")
        for stage, seconds in mapped.seconds.items()
    ]
    table(
        f"gadmap map on {phantom.count:,} DICOM files, {int(mapped.exam.mask.sum()):,} voxels",
        ("stage", "s", "share"),
        [*rows, ("whole", f"{whole:.2f}", "100%")],
    )
    print(
        f"the dynamic series ({dynamic:,} of these files) read alone: {reading:.2f} s; "
        f"aim: below {READING_AIM:g} s for 1,040"
    )


if __name__ == "__main__":
    main()
