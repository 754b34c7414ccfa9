"""The guided network: the fit, plus a bounded correction; its file."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from gadmap.estimators.guided_input import FEATURES
from gadmap.networks.fcsa_guided import LARGEST_SPREAD, LARGEST_STEP, FcsaGuided, Guidance
from gadmap.networks.guided_file import (
    VERSION,
    TrainedGuided,
    built_guided,
    is_guided,
    read_guided,
    write_guided,
)
from gadmap.networks.shipped import shipped_weights

QUANTITIES = ("ktrans", "ve", "vp")


def guidance(h: int, w: int, frames: tuple[int, ...] = (40,), seed: int = 0) -> Guidance:
    generator = torch.Generator().manual_seed(seed)
    count = len(frames)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    return Guidance(
        normal(count, FEATURES, h, w),
        normal(count, 3, h, w),
        0.1 * normal(count, 3, h, w).exp(),
        tuple(normal(number, h, w) for number in frames),
        tuple(normal(number, 6) for number in frames),
    )


def drawn(seed: int = 0) -> FcsaGuided:
    torch.manual_seed(seed)
    network = built_guided(3)
    for parameter in network.last.parameters():
        torch.nn.init.normal_(parameter, std=3)
    return network


def trained(network: FcsaGuided | None = None) -> TrainedGuided:
    return TrainedGuided(
        quantities=QUANTITIES,
        calibration=dict.fromkeys(QUANTITIES, 1.25),
        provenance={"data": "scenes"},
        module=network or drawn(),
    )


def test_a_network_that_has_learned_nothing_is_the_fit():
    seen = guidance(32, 32)
    value, _ = built_guided(3)(seen).chunk(2, dim=1)
    torch.testing.assert_close(value, seen.base)


def test_no_weights_take_it_further_from_the_fit_than_its_bound():
    seen = guidance(32, 32)
    value, _ = drawn()(seen).chunk(2, dim=1)
    assert ((value - seen.base).abs() <= LARGEST_STEP * LARGEST_SPREAD + 1e-5).all()
    flat = seen._replace(base=torch.zeros_like(seen.base))  # no voxel stands out
    value, _ = drawn()(flat).chunk(2, dim=1)
    assert (value.abs() <= LARGEST_STEP * flat.spread * (1 + 1e-5)).all()
    assert (value.abs() > 0.5 * flat.spread).any()


def test_frames_in_another_order_say_the_same():
    seen, order = guidance(32, 32), torch.randperm(40)
    other = seen._replace(curves=(seen.curves[0][order],), tokens=(seen.tokens[0][order],))
    torch.testing.assert_close(drawn()(other), drawn()(seen), atol=1e-3, rtol=1e-4)


def test_slices_of_different_frames_are_seen_together_as_alone():
    both = guidance(32, 32, frames=(30, 130))
    network = drawn()
    for k in range(2):
        alone = Guidance(
            both.features[k : k + 1],
            both.base[k : k + 1],
            both.spread[k : k + 1],
            both.curves[k : k + 1],
            both.tokens[k : k + 1],
        )
        torch.testing.assert_close(network(both)[k : k + 1], network(alone), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("size", [(1, 1), (20, 45), (70, 33)])
def test_any_size_will_do(size: tuple[int, int]):
    seen = guidance(*size)
    assert drawn()(seen).shape == (1, 6, *size)
    inside = torch.zeros(1, *size, dtype=torch.bool)
    assert torch.isfinite(drawn()(seen, inside)).all()


def test_weights_come_back_from_their_file(tmp_path: Path):
    written = trained()
    read = read_guided(write_guided(tmp_path / "g.safetensors", written))
    seen = guidance(32, 32)
    torch.testing.assert_close(read.module(seen), written.module(seen), atol=0, rtol=0)
    assert (read.quantities, read.calibration) == (QUANTITIES, written.calibration)
    assert is_guided(tmp_path / "g.safetensors")


def test_files_of_something_else_are_refused(tmp_path: Path):
    other = shipped_weights()["fcsa-net"]
    assert not is_guided(other)
    with pytest.raises(ValueError, match="no guided network"):
        read_guided(other)
    pickle = tmp_path / "p.safetensors"
    torch.save({}, pickle)
    with pytest.raises(ValueError, match="pickle"):
        read_guided(pickle)
    with pytest.raises(FileNotFoundError):
        read_guided(tmp_path / "none.safetensors")


@pytest.mark.parametrize(
    ("entry", "value", "said"),
    [
        ("calibration", json.dumps({"ktrans": 1.0}), "calibration"),
        ("calibration", json.dumps(dict.fromkeys(QUANTITIES, -1)), "calibration"),
        ("quantities", json.dumps(["ktrans"]), "shape"),
        ("quantities", "nonsense", "not readable as JSON"),
        ("version", "1", "version"),
    ],
)
def test_edited_metadata_are_refused(tmp_path: Path, entry: str, value: str, said: str):
    metadata = {
        "format": "gadmap guided network",
        "version": str(VERSION),
        "network": "fcsa-net-guided",
        "quantities": json.dumps(list(QUANTITIES)),
        "calibration": json.dumps(dict.fromkeys(QUANTITIES, 1.0)),
        "provenance": "{}",
    } | {entry: value}
    tensors = {name: t.contiguous() for name, t in drawn().state_dict().items()}
    save_file(tensors, tmp_path / "g.safetensors", metadata)
    with pytest.raises(ValueError, match=said):
        read_guided(tmp_path / "g.safetensors")
