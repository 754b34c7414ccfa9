"""Tables of the arterial input."""

from pathlib import Path

from fuzz.target import Target
from gadmap.io import read_aif


def seeds() -> list[bytes]:
    """Comma, semicolon and tab; plasma and blood; quotes, comments, a byte order mark."""
    return [
        b"time_s,plasma_mmol_per_l\n0,0\n5,5.5\n10,1e0\n",
        b"\xef\xbb\xbftime_s;blood_mmol_per_l\r\n0;0\r\n# a remark\r\n5;5.5\r\n",
        b'time_s\tplasma_mmol_per_l\tother\n"0"\t0\tx\n\n5\t5.5\ty\n',
    ]


def read(data: bytes, folder: Path) -> None:
    """Read the table."""
    (folder / "aif.csv").write_bytes(data)
    read_aif(folder / "aif.csv")


TARGET = Target(
    name="aif_table",
    seeds=seeds,
    read=read,
    words=(
        b"time_s",
        b"plasma_mmol_per_l",
        b"blood_mmol_per_l",
        b"nan",
        b"inf",
        b"1e999",
        b'"',
        b"#",
    ),
)
