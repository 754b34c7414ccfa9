"""`python -m fuzz.run READER SECONDS FOLDER`: atheris looks for what a reader cannot answer.

Into the folder go the inputs that reached new code, each finding with its traceback, and
`counts.json`: inputs tried, read and refused, seconds, the largest memory. A later run goes on from
there and adds up. A finding does not end the run; the same one, by its place, is kept once.
"""

import json
import resource
import sys
import time
import traceback
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

_HEADROOM, _MOST_GROWTH = 2**30, 100 * 2**20  # bytes: of addresses; of memory by one input
_LARGEST = 2**16  # bytes of an input
_MEMORY = "/dev/shm"  # noqa: S108 - a folder of its own is made in it
_EVERY = 5.0  # s between two records

with atheris.instrument_imports(include=["gadmap", "pydicom", "nibabel", "tomllib", "json", "csv"]):
    target_module = import_module("fuzz.target")
    reader = import_module(f"fuzz.{sys.argv[1]}").TARGET


class Hunt:
    """One run: what was tried so far, and what was found."""

    def __init__(self, out: Path, scratch: Path) -> None:
        self.out, self.scratch = out, scratch
        known = out / "counts.json"
        before = json.loads(known.read_text()) if known.is_file() else {}
        self.counts = {
            name: before.get(name, 0)
            for name in ("tried", "read", "refused", "findings", "seconds", "peak_mib")
        }
        self.spent, self.began, self.written = self.counts["seconds"], time.monotonic(), 0.0
        self.peak = _peak()

    def __call__(self, data: bytes) -> None:
        """Try one input."""
        self.counts["tried"] += 1
        try:
            line = target_module.answer(reader, data, self.scratch)
            self.counts["refused" if line else "read"] += 1
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            self.keep(data, error)
        grown, self.peak = _peak() - self.peak, _peak()
        if grown > _MOST_GROWTH:
            self.keep(data, MemoryError(f"{grown >> 20} MiB for {len(data)} bytes"))
        if time.monotonic() - self.written > _EVERY:
            self.record()

    def keep(self, data: bytes, error: BaseException) -> None:
        """A finding, once for each place where it came from."""
        places = [
            f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)
        ]
        name = sha256(f"{type(error).__name__} {places[-4:]}".encode()).hexdigest()[:12]
        file = self.out / "findings" / name
        if not file.exists():
            self.counts["findings"] += 1
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(data)
            told = "".join(traceback.format_exception(error))
            file.with_suffix(".txt").write_text(told)
            print(f"FINDING {name}: {type(error).__name__}: {str(error)[:200]}", flush=True)

    def record(self) -> None:
        """The counts so far, where a later run finds them."""
        self.written = time.monotonic()
        self.counts["seconds"] = round(self.spent + self.written - self.began, 1)
        self.counts["peak_mib"] = max(self.counts["peak_mib"], self.peak >> 20)
        (self.out / "counts.json").write_text(json.dumps(self.counts, indent=1) + "\n")


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _addresses() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def main() -> None:
    """Run until the time is over."""
    name, seconds, out = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]) / sys.argv[1]
    corpus, words = out / "corpus", out / "words"
    corpus.mkdir(parents=True, exist_ok=True)
    for index, seed in enumerate(reader.seeds()):
        (corpus / f"seed-{index}").write_bytes(seed)
    escaped = ("".join(f"\\x{byte:02x}" for byte in word) for word in reader.words)
    words.write_text("".join(f'"{word}"\n' for word in escaped))
    with TemporaryDirectory(dir=_MEMORY if Path(_MEMORY).is_dir() else None) as scratch:
        hunt = Hunt(out, Path(scratch))
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (_addresses() + _HEADROOM, hard))
        options = [
            f"-max_total_time={seconds}", f"-max_len={_LARGEST}", f"-dict={words}", "-timeout=60",
            "-rss_limit_mb=0", "-print_final_stats=1", "-verbosity=0", str(corpus),
        ]  # fmt: skip
        atheris.Setup([name, *options], hunt)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
