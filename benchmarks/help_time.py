"""Time of `gadmap --help` and of `import gadmap`, each in a new process."""

import subprocess
import sys
from pathlib import Path

from curves import seconds, table

REPEATS, AIM = 7, 0.5


def main() -> None:
    """Print both, and that of Python doing nothing."""
    gadmap = str(Path(sys.executable).with_name("gadmap"))
    commands = {
        "gadmap --help": [gadmap, "--help"],
        "import gadmap": [sys.executable, "-c", "import gadmap"],
        "python alone": [sys.executable, "-c", ""],
    }
    rows = []
    for name, command in commands.items():
        fastest, usual = seconds(
            lambda c=command: subprocess.run(c, check=True, capture_output=True), REPEATS
        )
        rows.append((name, f"{fastest:.2f}", f"{usual:.2f}"))
    table(f"A new process [s]; aim: below {AIM} s", ("", "fastest", "median"), rows)


if __name__ == "__main__":
    main()
