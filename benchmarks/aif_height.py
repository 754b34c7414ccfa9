"""How far the arterial input that is found in a head is from the true one: height, end, peak."""

import argparse

import numpy as np

import gadmap
from curves import table
from gadmap.phantoms import PRIORS, patient_case, phantom_of

SEED = 55_000


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=10, help="of each kind")
    parser.add_argument("--matrix", type=int, default=128)
    options = parser.parse_args()
    rows = []
    for kind, priors in PRIORS.items():
        found = []
        for k in range(options.patients):
            case = patient_case(SEED, k, priors=priors, matrix=options.matrix)
            made = phantom_of(case)
            exam = gadmap.prepare(made.exam.series, vfa=made.vfa, aif="auto")
            found.append(shares(exam.series.t, exam.aif, made.exam.aif))
        logarithms = np.log(found)
        bias, spread = logarithms.mean(axis=0), np.sqrt(np.square(logarithms).mean(axis=0))
        rows.append((kind, *(f"{b:+.0%}, {s:.0%}" for b, s in zip(bias, spread, strict=True))))
    table(
        f"Arterial inputs of {options.patients} heads over the true ones: mean, root mean square",
        ("priors", "area", "last quarter", "peak"),
        rows,
    )


def shares(t: np.ndarray, found: gadmap.Aif, true: gadmap.Aif) -> tuple[float, float, float]:
    """Area, mean of the last quarter, and peak of a curve over another's, at the frames."""
    one, other = (np.interp(t, aif.t, aif.plasma) for aif in (found, true))
    late = slice(-t.size // 4, None)
    area = np.trapezoid(one, t) / np.trapezoid(other, t)
    return area, one[late].mean() / other[late].mean(), one.max() / other.max()


if __name__ == "__main__":
    main()
