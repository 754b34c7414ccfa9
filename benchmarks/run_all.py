"""Every benchmark, one after the other, each in a process of its own."""

import subprocess
import sys
from pathlib import Path

SCRIPTS = (
    "help_time.py",
    "fit_small.py",
    "fit_million.py",
    "two_compartment.py",
    "delayed.py",
    "dispersed.py",
    "networks.py",
    "training.py",
    "whole_road.py",
)


def main() -> None:
    """Run them; the first that fails ends it."""
    for script in SCRIPTS:
        print(f"\n== {script}", flush=True)
        subprocess.run([sys.executable, Path(__file__).with_name(script)], check=True)


if __name__ == "__main__":
    main()
