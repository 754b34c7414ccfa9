"""Files of trained networks: what is written comes back, and nothing else is taken."""

import json
import pickle
import re
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from drawn_networks import drawn_slices, some_trained
from gadmap.networks import NETWORKS
from gadmap.networks.checkpoint import TrainedNetwork, read_network, write_network
from gadmap.networks.frame_grid import FrameGrid
from gadmap.networks.shipped import shipped_weights, trained_network

GRID = FrameGrid(step=5.0, frames=10, baseline=3)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_network(tmp_path / "net.safetensors", some_trained(grid=GRID, steps=7))


def rewritten(file: Path, tensors=None, **entries: object) -> Path:
    """The file with other tensors or metadata; an entry that is None is left out."""
    with safe_open(file, framework="pt") as old:
        metadata = dict(old.metadata())
    for name, entry in entries.items():
        metadata.pop(name)
        if entry is not None:
            metadata[name] = entry if isinstance(entry, str) else json.dumps(entry)
    save_file(load_file(file) if tensors is None else tensors, file, metadata)
    return file


def test_a_network_comes_back_bit_by_bit(file: Path):
    written, read = some_trained(grid=GRID, steps=7), read_network(file)
    for name, tensor in written.module.state_dict().items():
        assert torch.equal(read.module.state_dict()[name], tensor)
    for field in ("network", "configuration", "quantities", "scales", "grid", "provenance"):
        assert getattr(read, field) == getattr(written, field)
    x = drawn_slices(1, 10, 40, 33)
    assert torch.equal(read.module(x), written.module(x))


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_has_a_file(name: str, tmp_path: Path):
    trained = some_trained(name, quantities=("ve",), grid=GRID)
    read = read_network(write_network(tmp_path / "net.safetensors", trained))
    x = drawn_slices(1, 10, 32, 32)
    assert torch.equal(read.module(x), trained.module(x))
    assert not read.module.training
    assert not any(p.requires_grad for p in read.module.parameters())


def test_fcsa_net_of_three_quantities_is_below_one_megabyte(tmp_path: Path):
    path = write_network(tmp_path / "net.safetensors", some_trained())
    assert path.stat().st_size < 1_000_000


def test_writing_leaves_no_other_file_and_replaces_whole(file: Path):
    write_network(file, some_trained("cnn-local", grid=GRID))
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert read_network(file).network == "cnn-local"
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_network(file, some_trained(grid=GRID, loss=float("nan")))
    assert read_network(file).network == "cnn-local"


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_a_pickle_is_refused_and_never_run(protocol: int, tmp_path: Path):
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    file = tmp_path / "net.safetensors"
    file.write_bytes(pickle.dumps(Trap(), protocol=protocol))
    with pytest.raises(ValueError, match=r"pickle|not safetensors"):
        read_network(file)
    torch.save(some_trained(grid=GRID).module.state_dict(), file)
    with pytest.raises(ValueError, match=r"a pickle as torch.save writes it.*expected safetensors"):
        read_network(file)
    assert not (tmp_path / "ran").exists()


def test_a_file_that_starts_as_a_pickle_does_is_read(tmp_path: Path):
    """Its first byte is that of the header's length, which may be any."""
    for length in range(300):
        trained = some_trained("lstm", ("ve",), GRID, words="x" * length)
        file = write_network(tmp_path / "net.safetensors", trained)
        if file.read_bytes()[0] == 0x80:
            break
    assert file.read_bytes()[0] == 0x80
    assert read_network(file).provenance == trained.provenance


def test_a_damaged_or_missing_file_is_refused(file: Path):
    content = file.read_bytes()
    for damaged in (content[: len(content) // 2], b"", b"\x00" * 100, b"weights"):
        file.write_bytes(damaged)
        with pytest.raises(ValueError, match="not safetensors, or damaged"):
            read_network(file)
    file.unlink()
    with pytest.raises(FileNotFoundError, match="no such file of network weights"):
        read_network(file)


def test_safetensors_of_others_are_refused(tmp_path: Path):
    file = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(3)}, file)
    with pytest.raises(ValueError, match="holds no network of gadmap"):
        read_network(file)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"version": "2"}, "format version 2; this gadmap reads 1"),
        ({"network": "unet"}, "network 'unet'; there are cnn-local"),
        ({"network": ["fcsa-net"]}, "network is .* expected a str"),
        ({"network": "cbam"}, "is missing and .* is unknown"),
        ({"network": "csab"}, "are the weights of another network"),
        ({"configuration": {"frames": 11, "outputs": 3}}, "11 frames with a grid of 10"),
        ({"configuration": {"frames": 10, "outputs": 2}}, "2 outputs for 3 quantities"),
        ({"configuration": {"frames": 10}}, "expected 'frames' and 'outputs'"),
        ({"configuration": {"frames": 10, "outputs": "3"}}, "outputs is '3'"),
        ({"configuration": {"frames": 10, "outputs": True}}, "outputs is True"),
        ({"configuration": [10, 3]}, "expected a dict"),
        ({"frame_grid": {"step": 5.0, "frames": 12, "baseline": 3}}, "grid of 12"),
        ({"frame_grid": {"step": 5.0, "frames": 10}}, "expected numbers for step"),
        ({"frame_grid": {"step": "5", "frames": 10, "baseline": 3}}, "expected numbers for step"),
        ({"frame_grid": 65}, "frame_grid is 65; expected a dict"),
        ({"quantities": ["ktrans", "ve"]}, "3 outputs for 2 quantities"),
        ({"quantities": ["ktrans", "ve", "ve"]}, "expected one each"),
        ({"quantities": ["ktrans", "ve", "flow"]}, "quantity 'flow'"),
        ({"quantities": 3}, "quantities is 3; expected a list"),
        ({"quantities": ["ktrans", "ve", ["kep"]]}, "expected names"),
        ({"scales": {"ktrans": 0.2, "ve": 0.6}}, "expected one for each"),
        ({"scales": {"ktrans": 0.2, "ve": 0.6, "kep": 0.0}}, "scale of kep is 0"),
        ({"scales": {"ktrans": 0.2, "ve": 0.6, "kep": "2"}}, "scale of kep is '2'"),
        ({"scales": None}, "metadata lack 'scales'"),
        ({"provenance": "{"}, "metadata provenance: not readable as JSON"),
        ({"provenance": ["x"]}, "provenance is .* expected a dict"),
    ],
)
def test_metadata_that_do_not_fit_are_refused(file: Path, entries: dict, message: str):
    if isinstance(entries.get("network"), str):
        entries = entries | {"network": json.dumps(entries["network"])}
    with pytest.raises(ValueError, match=message) as refusal:
        read_network(rewritten(file, **entries))
    assert str(refusal.value).startswith(file.name)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda w: torch.zeros(w.shape[0] + 1, *w.shape[1:]), r"has shape .* the metadata ask for"),
        (lambda w: w.half(), "is of torch.float16"),
        (lambda w: torch.full_like(w, torch.nan), "holds NaN or infinity"),
        (lambda _: None, "'csab.head.conv9.weight' is missing"),
    ],
)
def test_tensors_that_do_not_fit_are_refused(file: Path, spoil, message: str):
    tensors = load_file(file)
    spoilt = spoil(tensors.pop("csab.head.conv9.weight"))
    if spoilt is not None:
        tensors["csab.head.conv9.weight"] = spoilt
    with pytest.raises(ValueError, match=message):
        read_network(rewritten(file, tensors))


def test_weights_of_another_number_of_frames_or_outputs_are_refused(tmp_path: Path):
    """Also where the metadata agree with each other."""
    file = write_network(tmp_path / "net.safetensors", some_trained("csab", grid=GRID))
    grid = {"step": 5.0, "frames": 12, "baseline": 3}
    with pytest.raises(
        ValueError, match=r"\(32, 10, 3, 3\); the metadata ask for \(32, 12, 3, 3\)"
    ):
        read_network(rewritten(file, frame_grid=grid, configuration={"frames": 12, "outputs": 3}))


def test_a_module_of_another_network_makes_no_trained_network():
    one, other = some_trained("csab", grid=GRID), some_trained("cbam", grid=GRID)
    fields = {name: getattr(one, name) for name in one.__dataclass_fields__}
    with pytest.raises(ValueError, match="are the weights of another network"):
        TrainedNetwork(**fields | {"module": other.module})


def test_every_shipped_network_can_be_read_and_is_of_its_name():
    for name, path in shipped_weights().items():
        assert trained_network(name).network == name
        assert path.stat().st_size <= 1_000_000


def test_a_network_without_shipped_weights_says_which_there_are():
    for name in NETWORKS.keys() - shipped_weights().keys():
        with pytest.raises(ValueError, match=rf"no weights of {name} are shipped; shipped are"):
            trained_network(name)
    with pytest.raises(ValueError, match=re.escape("no network 'unet'; there are cnn-local")):
        trained_network("unet")
