"""What declares more than it holds, or unpacks without end, is refused before memory is taken.

And what is honest takes no more than twice the array that it declares.
"""

import gzip
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless

from fuzz.case import small_series
from gadmap.io import nifti_guard, read_series, read_volume, write_dicom, write_enhanced_dicom
from gadmap.io.nifti import open_nifti, samples_of
from gadmap.networks.checkpoint import read_network

LITTLE = 8 * 2**20  # bytes


def peak_of(call: Callable[[], object]) -> int:
    """Most bytes that Python and numpy held at once while it ran."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def require_refused(call: Callable[[], object], line: str) -> None:
    """Raise AssertionError unless the call is refused in that line and takes little memory."""

    def refused() -> None:
        with pytest.raises(ValueError, match=line):
            call()

    assert peak_of(refused) < LITTLE


def nifti_header(shape: tuple[int, ...], dtype: str = "float32", offset: int = 352) -> bytes:
    header = nib.Nifti1Header()
    header.set_data_dtype(dtype)
    header["dim"][: len(shape) + 1] = (len(shape), *shape)
    header["vox_offset"], header["magic"] = offset, b"n+1"
    return header.binaryblock + b"\0" * 4


@pytest.mark.parametrize("name", ["bomb.nii", "bomb.nii.gz"])
def test_a_header_of_32767_to_the_fourth_is_refused(name: str, tmp_path: Path):
    content = nifti_header((32767,) * 4, "float64") + b"\0" * 1000
    file = tmp_path / name
    file.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    require_refused(lambda: read_series(file), r"declares 32767 x 32767 x 32767 x 32767 samples")


def test_a_compressed_file_that_goes_on_after_its_samples_is_refused(tmp_path: Path):
    """64 MiB of zeros in 64 KiB."""
    content = nifti_header((2, 2, 2)) + b"\0" * (32 + 2**26)
    (tmp_path / "mask.nii.gz").write_bytes(gzip.compress(content))
    require_refused(
        lambda: read_volume(tmp_path / "mask.nii.gz", small_series(), "mask"),
        r"mask.nii.gz: .*unpacks to more than its header declares",
    )


def test_samples_that_start_far_inside_are_refused(tmp_path: Path):
    content = nifti_header((2, 2, 2), offset=2**27) + b"\0" * 2**27
    (tmp_path / "mask.nii.gz").write_bytes(gzip.compress(content, 1))
    require_refused(lambda: open_nifti(tmp_path / "mask.nii.gz"), r"samples start at byte 13421772")


def test_an_extension_that_declares_gigabytes_is_not_read(tmp_path: Path):
    block = nifti_header((2, 2, 2), offset=352 + 2**20)[:-4] + b"\1\0\0\0"
    extension = struct.pack("<ii", 2**31 - 16, 2)  # code 2: DICOM
    samples = np.arange(8, dtype=np.float32)
    content = block + (extension + b"\0" * 2**20)[: 2**20] + samples.tobytes()
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(content))
    read: list[np.ndarray] = []
    file = tmp_path / "a.nii.gz"
    assert peak_of(lambda: read.append(samples_of(open_nifti(file), file))) < LITTLE
    np.testing.assert_array_equal(read[0].ravel(order="F"), samples)


def test_an_honest_file_packed_more_densely_than_any_image_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The limit is a gigabyte; here it is a megabyte, so that the test need not write one."""
    monkeypatch.setattr(nifti_guard, "_DENSE_BYTES", 2**20)
    content = nifti_header((128, 128, 64)) + b"\0" * (4 * 128 * 128 * 64)
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(content))
    require_refused(lambda: open_nifti(tmp_path / "a.nii.gz"), r"unpack it first: gunzip --keep a")
    (tmp_path / "a.nii").write_bytes(content)
    assert open_nifti(tmp_path / "a.nii").shape == (128, 128, 64)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.float64])
def test_a_series_takes_at_most_twice_its_array(name: str, dtype: type, tmp_path: Path):
    """The array is that of the signal, 4 bytes a sample."""
    shape = (64, 64, 16, 32)
    samples = np.random.default_rng(0).integers(0, 30000, shape).astype(dtype)
    image = nib.Nifti1Image(samples, np.eye(4), dtype=dtype)
    image.header.set_slope_inter(0.5, 1)
    nib.save(image, tmp_path / name)
    del samples
    file, read = tmp_path / name, []
    assert peak_of(lambda: read.append(samples_of(open_nifti(file), file))) <= 2 * read[0].nbytes


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "RLE"])
@pytest.mark.parametrize("write", [write_dicom, write_enhanced_dicom])
def test_a_dicom_series_takes_at_most_half_as_much_again_as_its_array(
    write: Callable[..., list[Path]], compressed: bool, tmp_path: Path
):
    """Stored in 16 bits, 4 bytes a sample in the array; the rest is an image and headers."""
    signal = np.random.default_rng(0).uniform(0, 900, (256, 256, 2, 8)).astype(np.float32)
    series = replace(small_series(), signal=signal, t=4.8 * np.arange(8))
    for file in write(tmp_path, series):
        if compressed:
            dataset = pydicom.dcmread(file)
            dataset.compress(RLELossless, generate_instance_uid=False)
            dataset.save_as(file)
    read = []
    assert peak_of(lambda: read.append(read_series(tmp_path))) <= 1.5 * signal.nbytes
    assert read[0].signal.nbytes == signal.nbytes


def image(folder: Path, change: Callable[[Dataset], object], enhanced: bool = False) -> Path:
    """A DICOM file, changed."""
    write = write_enhanced_dicom if enhanced else write_dicom
    file = write(folder, small_series())[0]
    dataset = pydicom.dcmread(file)
    change(dataset)
    dataset.save_as(file, enforce_file_format=True)
    return file


def absurd(dataset: Dataset) -> None:
    dataset.Rows = dataset.Columns = 65535


def many_frames(dataset: Dataset) -> None:
    dataset.NumberOfFrames = 2**31 - 1


@pytest.mark.parametrize("enhanced", [False, True], ids=["classic", "enhanced"])
@pytest.mark.parametrize("change", [absurd, many_frames])
def test_a_dicom_image_larger_than_its_file_is_refused(change, enhanced: bool, tmp_path: Path):
    file = image(tmp_path, change, enhanced)
    require_refused(lambda: read_series(file), r"file 1 of 1: \d+ bytes of samples; expected \d+")


@pytest.mark.parametrize("change", [absurd, many_frames])
def test_a_compressed_dicom_image_of_absurd_size_is_refused(change, tmp_path: Path):
    def compressed(dataset: Dataset) -> None:
        dataset.compress(RLELossless)
        change(dataset)

    file = image(tmp_path, compressed)
    require_refused(lambda: read_series(file), r"no image is compressed so far")


def test_a_deflated_dicom_file_is_refused_before_it_is_unpacked(tmp_path: Path):
    """64 MiB of zeros, in a private element behind the header, in 64 KiB."""

    def deflate(dataset: Dataset) -> None:
        dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
        block = dataset.private_block(0x0009, "BOMB", create=True)
        block.add_new(0x10, "OB", b"\0" * 2**26)

    file = image(tmp_path, deflate)
    assert file.stat().st_size < 2**20
    require_refused(lambda: read_series(file), r"file 1 of 1: deflated DICOM")


def test_an_element_that_declares_gigabytes_is_refused(tmp_path: Path):
    file = image(tmp_path, lambda dataset: None)
    content = file.read_bytes()
    place = content.index(b"\x28\x00\x02\x00")  # SamplesPerPixel
    element = struct.pack("<HH2sHI", 0x0028, 0x0001, b"OB", 0, 0xFFFFFFF0)
    file.write_bytes(content[:place] + element + content[place:])
    require_refused(lambda: read_series(file), r"file 1 of 1: ")


def test_weights_whose_header_lies_are_refused(tmp_path: Path):
    lie = b'{"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}'
    (tmp_path / "a.safetensors").write_bytes(struct.pack("<Q", len(lie)) + lie)
    require_refused(
        lambda: read_network(tmp_path / "a.safetensors"), r"not safetensors, or damaged"
    )
    (tmp_path / "a.safetensors").write_bytes(struct.pack("<Q", 2**62) + lie)
    require_refused(
        lambda: read_network(tmp_path / "a.safetensors"), r"not safetensors, or damaged"
    )


def test_what_is_unpacked_here_is_what_the_refusals_above_spare():
    """The files of these tests are bombs indeed: a thousandth of what they unpack to."""
    packed = zlib.compress(b"\0" * 2**26)
    assert len(packed) < 2**26 / 1000
