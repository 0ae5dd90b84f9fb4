"""CIFAR-10 in its three layouts, on a miniature; the real sample where it is beside the checkout."""

import io
import os
import pickle
import tarfile

import numpy as np
import pytest
from PIL import Image
from projects.scenes import write_folder

from bench.data import DataError, check_dataset
from bench.data.cifar import DATASETS
from bench.data.store.reading import decode_dataset

CLASSES = DATASETS["cifar10"]["classes"]
PER_CLASS = {"train": 5, "test": 2}


def picture(seed, kind="PNG", side=32):
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def folders(kind="PNG", suffix="png"):
    return {
        f"{split}/{word}/{index:04}.{suffix}": picture(1000 * (split == "test") + 10 * label + index, kind)
        for split, count in PER_CLASS.items()
        for label, word in enumerate(CLASSES)
        for index in range(count)
    }


def rows(split):
    """Images and labels of a split in the order of the folders, as rows of planes."""
    count = PER_CLASS[split]
    images = [
        np.asarray(Image.open(io.BytesIO(picture(1000 * (split == "test") + 10 * label + index)))).transpose(2, 0, 1).ravel()
        for label in range(10)
        for index in range(count)
    ]
    return np.stack(images), [label for label in range(10) for _ in range(count)]


def batches():
    pixels, labels = rows("train")
    for index in range(5):
        yield f"data_batch_{index + 1}", pixels[10 * index : 10 * index + 10], labels[10 * index : 10 * index + 10]
    yield "test_batch", *rows("test")


def binary():
    return {
        f"{name}.bin": np.concatenate([np.array(labels, np.uint8)[:, None], pixels], axis=1).tobytes()
        for name, pixels, labels in batches()
    }


def pickled():
    files = {name: pickle.dumps({b"data": pixels, b"labels": labels}, protocol=2) for name, pixels, labels in batches()}
    return {**files, "batches.meta": b"not read", "readme.html": b""}


def digest(folder):
    return check_dataset("cifar10", data_dir=folder).digest


def test_the_three_layouts_hold_the_same_images(tmp_path):
    write_folder(tmp_path / "a" / "CIFAR-10", folders())
    write_folder(tmp_path / "b" / "cifar-10-batches-bin", binary())
    write_folder(tmp_path / "c" / "cifar10" / "cifar-10-batches-py", pickled())
    check = check_dataset("cifar10", data_dir=tmp_path / "a")
    assert check.ok and check.sides == (32, 32, 32)
    assert check.notes == ("50 train images, the set has 50000", "20 test images, the set has 10000")
    assert check.counts == {split: dict.fromkeys(CLASSES, count) for split, count in PER_CLASS.items()}
    assert digest(tmp_path / "a") == digest(tmp_path / "b") == digest(tmp_path / "c")


def test_pixels_stand_where_they_stood(tmp_path):
    write_folder(tmp_path / "cifar10", binary())
    data = decode_dataset("cifar10", 32, {}, tmp_path)
    expected = np.asarray(Image.open(io.BytesIO(picture(1000 + 30)))).transpose(2, 0, 1)
    first = np.flatnonzero(data.is_test & (data.labels == 3))[0]
    assert np.array_equal(data.images[first], expected)
    assert decode_dataset("cifar10", 16, {}, tmp_path).images.shape == (70, 3, 16, 16)


def test_jpeg_is_said_to_be_re_encoded(tmp_path):
    write_folder(tmp_path / "cifar10", folders("JPEG", "jpg"))
    check = check_dataset("cifar10", data_dir=tmp_path)
    assert check.ok and "re-encoded" in check.notes[0]


class Evil:
    def __reduce__(self):
        return os.system, ("echo this must not run",)


def test_a_pickle_cannot_run_code(tmp_path, capfd):
    write_folder(tmp_path / "cifar10", {**pickled(), "data_batch_2": pickle.dumps({b"data": Evil()}, protocol=2)})
    problems = check_dataset("cifar10", data_dir=tmp_path).problems
    assert "'data_batch_2' is damaged (asks for " in problems[0] and ".system" in problems[0]
    assert "must not run" not in capfd.readouterr().out


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({**folders(), "train/cat/0000.png": b"\x89PNG"}, "'train/cat/0000.png' is damaged"),
        ({**folders(), "train/cat/0000.png": picture(0, side=31)}, "'train/cat/0000.png' is 31x31, expected 32x32"),
        ({**folders(), "train/lion/0000.png": picture(0)}, "folder 'lion' is none of the classes"),
        ({**binary(), "data_batch_3.bin": b"\0" * 3000}, "'data_batch_3.bin' is damaged (3000 bytes"),
        ({**binary(), "data_batch_3.bin": b"\x63" * 3073}, "labels below 10"),
        ({name: content for name, content in binary().items() if name != "test_batch.bin"}, "'test_batch.bin' is missing"),
        ({**pickled(), "data_batch_4": b"\x80\x02}q"}, "'data_batch_4' is damaged"),
        ({"readme.txt": b""}, "no image; expected cifar10/{train,test}/<class>"),
    ],
)
def test_faults_are_named(tmp_path, files, words):
    write_folder(tmp_path / "cifar10", files)
    assert words in "\n".join(check_dataset("cifar10", data_dir=tmp_path).problems)
    with pytest.raises(DataError):
        decode_dataset("cifar10", 32, {}, tmp_path)


@pytest.mark.realdata
def test_some_real_images_are_read(sample, tmp_path):
    archive = sample / "cifar10.tar.xz"
    if not archive.exists():
        pytest.skip("the real CIFAR-10 sample is not beside the checkout (../shared/datasets/cifar10.tar.xz)")
    files = {}
    with tarfile.open(archive) as stream:
        for member in stream:  # the first picture of each class of each split
            folder = member.name.removeprefix("./").rsplit("/", 1)[0]
            if member.isfile() and not any(name.startswith(f"{folder}/") for name in files):
                files[member.name.removeprefix("./")] = stream.extractfile(member).read()
    write_folder(tmp_path / "cifar10", files)
    assert decode_dataset("cifar10", 32, {}, tmp_path).images.std() > 30
