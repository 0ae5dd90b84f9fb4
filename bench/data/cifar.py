"""CIFAR-10 and CIFAR-100: 32-pixel colour photographs, read from image folders or from the archives as distributed.

Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009. Layouts: docs/data.md. The Python archives are
pickles; they are read with an unpickler that builds arrays and containers and refuses every other object, so that a file cannot
run code.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.data.store.archives import Container, opened, packed_in
from bench.data.store.chips import to_square
from bench.data.store.datasets import DataError, Decoded
from bench.data.store.pictures import count_notes, is_picture, pictures_in_folders
from bench.data.store.registry import checked_options
from bench.plan import BenchError

DATASETS = {
    "cifar10": {
        "title": "CIFAR-10",
        "classes": ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
        "channels": 3,
        "stand_in": False,
        "version": 1,
        "folders": ["cifar10", "cifar10batchespy", "cifar10batchesbin"],
        "licence": "none stated by its authors; not redistributed here",
        "source": "Krizhevsky, 2009; a labelled subset of 80 million tiny images",
        "layout": "cifar10/{train,test}/<class>/*.{png,jpg}, or cifar-10-{python,binary}.tar.gz or its files",
    },
    "cifar100": {
        "title": "CIFAR-100",
        "classes": [
            "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle", "bowl", "boy",
            "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle", "chair", "chimpanzee", "clock",
            "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur", "dolphin", "elephant", "flatfish",
            "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard", "lamp", "lawn_mower", "leopard", "lion",
            "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain", "mouse", "mushroom", "oak_tree", "orange",
            "orchid", "otter", "palm_tree", "pear", "pickup_truck", "pine_tree", "plain", "plate", "poppy", "porcupine",
            "possum", "rabbit", "raccoon", "ray", "road", "rocket", "rose", "sea", "seal", "shark", "shrew", "skunk",
            "skyscraper", "snail", "snake", "spider", "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank",
            "telephone", "television", "tiger", "tractor", "train", "trout", "tulip", "turtle", "wardrobe", "whale",
            "willow_tree", "wolf", "woman", "worm",
        ],
        "channels": 3,
        "stand_in": False,
        "version": 1,
        "folders": ["cifar100", "cifar100python", "cifar100binary"],
        "licence": "none stated by its authors; not redistributed here",
        "source": "Krizhevsky, 2009; a labelled subset of 80 million tiny images, fine labels",
        "layout": "cifar100/{train,test}/<class>/*.{png,jpg}, or cifar-100-{python,binary}.tar.gz or its files",
    },
}  # fmt: skip
SIDE = 32
COUNTS = (50_000, 10_000)
PIXELS = 3 * SIDE * SIDE
AT_ONCE = 4096  # images that are resized together
LARGEST_FILE = 512 * 2**20  # bytes; CIFAR-100's training file has 155 MB
RECONSTRUCT = np.empty(0).__reduce__()[0]  # what an array's pickle calls, wherever this version of numpy keeps it

Sample = tuple[np.ndarray, int, str]  # (32, 32, 3) uint8, label, "train" or "test"


@dataclass(frozen=True)
class Files:
    """How one of the two sets is packed: its files by split, the label's key in a pickle, label bytes before a binary row."""

    train: tuple[str, ...]
    test: str
    key: bytes
    label_bytes: int


FILES = {
    "cifar10": Files(tuple(f"data_batch_{index}" for index in range(1, 6)), "test_batch", b"labels", 1),
    "cifar100": Files(("train",), "test", b"fine_labels", 2),  # the coarse label comes first
}


def decode(name: str, size: int, options: Mapping[str, Any], folder: Path | None) -> Decoded:
    """All images, split as distributed.

    Parameters
    ----------
    size
        Side of the images in pixels; other sides than 32 are resized bilinearly.
    options
        None exist.
    folder
        The dataset's folder, one around the archive's own, or one with the archive.

    Raises
    ------
    DataError
        If files are missing or damaged; all of them are named.
    """
    assert folder is not None
    checked_options(name, options, {})
    problems: list[str] = []
    with opened(packed_in(folder) or folder, folder.name) as container:
        samples = list(_read(name, container, problems))
        notes = _notes(name, container, samples)
    if not samples and not problems:
        problems.append(
            f"{folder.name}: no image; expected train/<class>/*.png, {FILES[name].train[0]}(.bin), or their archive"
        )
    if problems:
        raise DataError(problems, name)
    images = np.empty((len(samples), 3, size, size), dtype=np.uint8)
    for start in range(0, len(samples), AT_ONCE):
        images[start : start + AT_ONCE] = to_square([pixels for pixels, _, _ in samples[start : start + AT_ONCE]], size)
    return Decoded(
        images=images,
        labels=np.array([label for _, label, _ in samples], dtype=np.int64),
        is_test=np.array([split == "test" for _, _, split in samples]),
        sides=np.full(len(samples), SIDE),
        notes=notes,
    )


def _read(name: str, container: Container, problems: list[str]) -> Iterator[Sample]:
    names, files = {path.rsplit("/", 1)[-1] for path in container.names}, FILES[name]
    if f"{files.train[0]}.bin" in names:
        return _packed(name, container, ".bin", problems)
    if files.train[0] in names:
        return _packed(name, container, "", problems)
    classes: list[str] = DATASETS[name]["classes"]  # type: ignore[assignment]
    return pictures_in_folders(container, {"train": "train", "test": "test"}, classes, problems, side=SIDE)


def _notes(name: str, container: Container, samples: list[Sample]) -> tuple[str, ...]:
    train, test = COUNTS
    found = {side: sum(split == side for _, _, split in samples) for side in ("train", "test")}
    notes = count_notes(found, {"train": train, "test": test})
    if any(is_picture(path) and not path.lower().endswith(".png") for path in container.names):
        return ("JPEG files are re-encoded: accuracies lie somewhat below those on the original", *notes)
    return notes


def _packed(name: str, container: Container, ending: str, problems: list[str]) -> Iterator[Sample]:
    """Binary files hold rows of label bytes and the red, green and blue planes; pickles an array of such planes."""
    files = FILES[name]
    found = {path.rsplit("/", 1)[-1]: path for path in container.names}
    for file, split in [*((file, "train") for file in files.train), (files.test, "test")]:
        path = found.get(file + ending)
        if path is None:
            problems.append(f"{container.label}: '{file}{ending}' is missing")
            continue
        try:
            content = container.read(path, LARGEST_FILE)
            pixels, labels = _rows_of(content, files.label_bytes) if ending else _unpickled(content, files.key)
            yield from _samples(name, pixels, labels, split)
        except Exception as error:  # a damaged pickle raises whatever its bytes happen to ask for
            problems.append(f"{container.label}: '{path}' is damaged ({error})")


def _rows_of(content: bytes, label_bytes: int) -> tuple[np.ndarray, list[int]]:
    flat = np.frombuffer(content, dtype=np.uint8)
    length = PIXELS + label_bytes
    if len(flat) == 0 or len(flat) % length:
        raise BenchError(f"{len(flat)} bytes, not a multiple of {length}")
    rows = flat.reshape(-1, length)
    return rows[:, label_bytes:], rows[:, label_bytes - 1].tolist()


def _unpickled(content: bytes, key: bytes) -> tuple[np.ndarray, list[int]]:
    batch = _Arrays(io.BytesIO(content), encoding="bytes").load()
    return np.asarray(batch[b"data"]), list(batch[key])


def _samples(name: str, pixels: np.ndarray, labels: list[int], split: str) -> Iterator[Sample]:
    count = len(DATASETS[name]["classes"])  # type: ignore[arg-type]
    if pixels.dtype != np.uint8 or pixels.shape != (len(labels), PIXELS) or not set(labels) <= set(range(count)):
        raise BenchError(f"expected uint8 rows of {PIXELS} and labels below {count}")
    images = pixels.reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
    yield from ((image, int(label), split) for image, label in zip(images, labels, strict=True))


def _bytes(text: str, encoding: str) -> bytes:
    """How Python 3 writes bytes into a pickle of Python 2's kind."""
    return text.encode("latin1")


class _Arrays(pickle.Unpickler):
    """Builds numpy arrays, numbers, text, lists and mappings; refuses every other object."""

    ALLOWED = {
        ("numpy.core.multiarray", "_reconstruct"): RECONSTRUCT,
        ("numpy._core.multiarray", "_reconstruct"): RECONSTRUCT,
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
        ("_codecs", "encode"): _bytes,
    }

    def find_class(self, module: str, name: str) -> Any:
        """One of the few things that an array's pickle names."""
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"asks for {module}.{name}, which no array needs")
        return self.ALLOWED[module, name]
