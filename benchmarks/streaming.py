"""An examination larger than memory: its peak under --mem, and what the limit costs in time.

The limited run is held by the kernel too: it gets no more private memory than the limit.
"""

import argparse
import gzip
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep

import nibabel as nib
import numpy as np

from curves import table
from gadmap.pipeline import write_phantom
from gadmap.pipeline.memory import memory_bytes

TILE = (64, 64, 8)  # x, y, z of the phantom that is repeated
MIB = 1 << 20
EVERY = 0.02  # s between looks at a process' memory


@dataclass(frozen=True)
class Run:
    """A run of gadmap map: peak memory [byte], resident in all and private, and time [s]."""

    resident: int
    private: int
    seconds: float


def main() -> None:
    """Map a large examination under the limit, and a smaller one with and without it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--matrix", type=int, default=256)
    parser.add_argument("--slices", type=int, default=96)
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--mem", default="1G")
    parser.add_argument("--suffix", default=".nii", choices=(".nii", ".nii.gz"))
    parser.add_argument("--fitting-slices", type=int, default=24, help="of the smaller one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        folder = Path(name)
        sizes = {"large": options.slices, "small": options.fitting_slices}
        rows, runs = [], {}
        for size, slices in sizes.items():
            shape = (options.matrix, slices, options.frames)
            source = write_tiled(folder / size, *shape, options.suffix)
            for mem in (options.mem, None) if size == "small" else (options.mem,):
                out = folder / f"{size}-{mem}"
                print(f"{size}, limit {mem or 'none'}", file=sys.stderr)
                runs[size, mem] = run = mapped(source, out, mem)
                print(run, file=sys.stderr)
                rows.append(
                    (
                        f"{options.matrix}x{options.matrix}x{slices}x{options.frames}",
                        mem or "none",
                        f"{run.resident / MIB:.0f}",
                        f"{run.private / MIB:.0f}",
                        f"{run.seconds:.1f}",
                    )
                )
            shutil.rmtree(folder / size)
        same = same_maps(folder / f"small-{options.mem}", folder / "small-None")
    table(
        f"gadmap map, {options.suffix}, {os.environ.get('OMP_NUM_THREADS', 'all')} threads",
        ("voxels x frames", "--mem", "peak resident MiB", "of it private", "s"),
        rows,
    )
    ratio = runs["small", options.mem].seconds / runs["small", None].seconds
    print(f"the limit takes {ratio:.2f} times as long; maps {'the same' if same else 'DIFFER'}")


def mapped(source: Path, out: Path, mem: str | None) -> Run:
    """Run gadmap map in a process of its own and watch its memory."""
    command = [sys.executable, "-c", "from gadmap.cli import main; main()"]
    command += ["map", str(source), "--out", str(out), *(["--mem", mem] if mem else [])]

    def held() -> None:
        if mem:
            limit = memory_bytes(mem)
            resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))

    start, resident, private = perf_counter(), 0, 0
    with subprocess.Popen(command, preexec_fn=held, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            found = memory_of(process.pid)
            resident = max(resident, found.get("VmHWM", 0))
            private = max(private, found.get("RssAnon", 0))
            sleep(EVERY)
    if process.returncode:
        raise SystemExit(f"gadmap map ended with {process.returncode}")
    return Run(resident, private, perf_counter() - start)


def memory_of(pid: int) -> dict[str, int]:
    """Peak and private resident memory of a process [byte], as Linux tells."""
    found = {}
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            key, _, value = line.partition(":")
            if key in ("VmHWM", "RssAnon"):
                found[key] = int(value.split()[0]) * 1024
    return found


def same_maps(one: Path, other: Path) -> bool:
    """Whether all maps of two folders hold the same samples."""
    names = [file.name for file in one.glob("*.nii.gz")]
    return all(
        np.array_equal(_samples(one / name), _samples(other / name), equal_nan=True)
        for name in names
    )


def _samples(file: Path) -> np.ndarray:
    return nib.Nifti1Image.from_filename(file).get_fdata()


def write_tiled(folder: Path, matrix: int, slices: int, frames: int, suffix: str) -> Path:
    """A series of repeated phantoms with its flip angles, frame by frame, 16-bit as scanners do."""
    x, _, z = TILE
    small = write_phantom(
        folder / "tile", file_format="nifti", matrix=x, slices=z, frames=frames
    ).source.parent
    times = (matrix // x, matrix // x, slices // z)
    (folder / "nifti").mkdir(parents=True)
    for file in sorted(small.glob("*.nii.gz")):
        target = folder / "nifti" / file.name.replace(".nii.gz", suffix)
        _write_tiled(file, target, times)
        sidecar = file.name.replace(".nii.gz", ".json")
        shutil.copy(small / sidecar, target.parent / sidecar)
    shutil.rmtree(folder / "tile")
    return folder / "nifti" / f"dce{suffix}"


def _write_tiled(file: Path, target: Path, times: tuple[int, int, int]) -> None:
    image = nib.Nifti1Image.from_filename(file)
    samples = np.asanyarray(image.dataobj)
    shape = tuple(n * t for n, t in zip(samples.shape, times, strict=False)) + samples.shape[3:]
    header = nib.Nifti1Header()
    header.set_data_shape(shape)
    header.set_data_dtype(np.int16)
    header.set_xyzt_units("mm", "sec")
    header.set_sform(image.affine, code=1)
    header["magic"], header["vox_offset"] = b"n+1", 352
    with gzip.open(target, "wb", 1) if target.suffix == ".gz" else target.open("wb") as out:
        header.write_to(out)
        out.write(bytes(4))
        for k in range(samples[0, 0, 0].size):
            frame = samples[..., k] if samples.ndim == 4 else samples
            out.write(np.tile(np.round(frame).astype(np.int16), times).tobytes(order="F"))


if __name__ == "__main__":
    main()
