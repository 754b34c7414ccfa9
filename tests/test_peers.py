"""The comparison with other packages: its measures against cases that can be told by hand."""

import numpy as np
import pytest

from peers.accuracy import Accuracy, accuracy, failures, root_mean_square, sum_of_squares
from peers.made_curves import EXACT, NOISIER, exact, noisy
from peers.page import MODELS, markdown, page
from peers.results import SIZES, Compared, Peer, Ran

TRUTH = {"ktrans": np.array([0.1, 0.2, 0.3, 0.4]), "ve": np.array([0.2, 0.3, 0.4, 0.5])}
NONE = Accuracy({"ktrans": 0.0, "ve": 0.0}, 0.0)


@pytest.mark.parametrize("model", MODELS)
def test_the_exact_curve_at_the_truth_leaves_no_residual(model):
    """The curve for scipy and lmfit is the one that was made, though written by itself."""
    made = exact(model)
    straight = made.curves[:EXACT]
    truth = {name: values[:EXACT] for name, values in made.truth.items()}
    assert sum_of_squares(truth, straight, made.t, made.plasma).max() < 1e-12


def test_noise_is_what_it_is_said_to_be():
    clean, made = exact("tofts"), noisy("tofts", EXACT)
    straight = clean.curves[:EXACT]
    share = (made.curves - straight).std(axis=1) / straight.max(axis=1)
    assert np.mean(share) == pytest.approx(0.05, rel=0.02)


def test_bias_is_the_median_relative_error_and_failures_are_left_out():
    found = {name: 1.1 * values for name, values in TRUTH.items()}
    told = accuracy(found, TRUTH)
    assert told.bias == pytest.approx({"ktrans": 0.1, "ve": 0.1})
    assert told.failed == 0
    found["ktrans"][0], found["ve"][1] = np.nan, 1.5
    again = accuracy(found, TRUTH)
    assert again.failed == 0.5
    assert again.bias == pytest.approx(told.bias)
    error = root_mean_square(found, TRUTH, ~failures(found))
    assert error["ktrans"] == pytest.approx(np.sqrt((0.03**2 + 0.04**2) / 2))


def ran(count: int, wall: float) -> Ran:
    return Ran(TRUTH, count, first=1.0, wall=wall, processor=wall, peak=2**20)


def of(name: str, wall: float, nonlinear: bool = False) -> Compared:
    timed = {size: ran(size, wall * size) for size in SIZES}
    peer = Peer(name, "", "", nonlinear=nonlinear)
    return Compared(peer, timed, TRUTH, NONE, NONE, NONE, np.ones(4), dict.fromkeys(NOISIER, TRUTH))


def test_the_page_compares_with_the_fastest_and_with_the_fastest_nonlinear_peer():
    done = {
        "gadmap": of("gadmap", 1e-6),
        "slow": of("slow", 1e-3, nonlinear=True),
        "linear": of("linear", 1e-4),
        "absent": "it has no such model",
    }
    peers = [one.peer for one in done.values() if isinstance(one, Compared)]
    text = page(dict.fromkeys(MODELS, done), peers, dict.fromkeys(done, "1.0"))
    assert text.count("| 1,000 (slow) | 100 (linear) |") == len(MODELS) * len(SIZES)
    assert "- absent: it has no such model" in text
    assert text.count("| 0, 0.0 %, 0.0% | 0, 0.0 %, 0.0% |") == len(MODELS) * len(peers)
    assert "$" not in text


def test_every_row_of_a_table_has_as_many_cells():
    lines = markdown(("", "a"), [("x", "1")]).splitlines()
    assert {line.count("|") for line in lines} == {3}
