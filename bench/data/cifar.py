"""CIFAR-10 and CIFAR-100: 32-pixel colour photographs, read from image folders or from the archives as distributed.

Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009. Layouts: docs/data.md. The Python archives are
pickles; they are read with an unpickler that builds arrays and containers and refuses every other object, so that a file cannot
run code.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from bench.data.store.contents import looks_like
from bench.data.store.datasets import Sample
from bench.data.store.pictures import class_folders, is_jpeg, is_picture, known_class, passed_over, some
from bench.data.store.source import Source
from bench.plan import BenchError

DATASETS = {
    "cifar10": {
        "title": "CIFAR-10",
        "classes": ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
        "channels": 3,
        "stand_in": False,
        "version": 1,
        "side": 32,
        "counts": {"train": 50_000, "test": 10_000},
        "folders": ["cifar10", "cifar10batchespy", "cifar10batchesbin"],
        "root": ["data_batch_1.bin", "test_batch.bin", "data_batch_1", "test_batch", "train/"],
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
        "side": 32,
        "counts": {"train": 50_000, "test": 10_000},
        "folders": ["cifar100", "cifar100python", "cifar100binary"],
        "root": ["train.bin", "test.bin", "train", "test", "train/"],
        "licence": "none stated by its authors; not redistributed here",
        "source": "Krizhevsky, 2009; a labelled subset of 80 million tiny images, fine labels",
        "layout": "cifar100/{train,test}/<class>/*.{png,jpg}, or cifar-100-{python,binary}.tar.gz or its files",
    },
}  # fmt: skip
SIDE = 32
PIXELS = 3 * SIDE * SIDE
LARGEST_FILE = 512 * 2**20  # bytes; CIFAR-100's training file has 155 MB
RECONSTRUCT = np.empty(0).__reduce__()[0]  # what an array's pickle calls, wherever this version of numpy keeps it


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


def samples(source: Source) -> Iterator[Sample]:
    """All images, split as distributed: of the binary files, the pickles, or the folders, the first that is there."""
    files = FILES[source.name]
    for ending in (".bin", ""):
        if {f"{name}{ending}" for name in (*files.train, files.test)} & set(source.files.names):
            source.notes += _besides(source, ending)
            yield from _packed(source, ending)
            return
    if any(map(is_jpeg, source.files.names)):
        source.notes.append("JPEG files are re-encoded: accuracies lie somewhat below those on the original")
    splits = {"train": "train", "test": "test"}
    source.notes += passed_over(source.files.names, splits)
    means = partial(known_class, classes=source.classes)
    for path, word, split in class_folders(source.files.names, splits, means=means):
        yield Sample(means(word), split, path)


def _packed(source: Source, ending: str) -> Iterator[Sample]:
    """Binary files hold rows of label bytes and the red, green and blue planes; pickles an array of such planes."""
    files = FILES[source.name]
    known: dict[bytes, str] = {}
    for file, split in [*((file, "train") for file in files.train), (files.test, "test")]:
        path = file + ending
        if path not in source.files.names:
            source.fault(f"'{path}' is missing")
            continue
        content = source.files.read(path, LARGEST_FILE)
        before = known.setdefault(hashlib.sha256(content).digest(), path)
        if before != path:
            source.fault(f"'{path}' is a copy of '{before}'")
            continue
        try:
            pixels, labels = _rows_of(content, files.label_bytes) if ending else _unpickled(content, files.key)
            images = _images(pixels, labels, len(source.classes))
        except Exception as error:  # a damaged pickle raises whatever its bytes happen to ask for
            source.fault(f"'{path}' is damaged ({looks_like(content) or error})")
            continue
        for image, label in zip(images, labels, strict=True):
            yield Sample(source.classes[label], split, path, image)


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


def _besides(source: Source, ending: str) -> Iterator[str]:
    """A line where the set is there in another form as well."""
    files = FILES[source.name]
    spare = sorted({path.split("/")[0] + "/" for path in source.files.names if is_picture(path) and path.count("/") > 1})
    spare += [file for file in (*files.train, files.test) if ending and file in source.files.names]
    if spare:
        yield f"read from '{files.test}{ending}' and its like, not from {some(spare)}"


def _images(pixels: np.ndarray, labels: list[int], classes: int) -> np.ndarray:
    """(N, 32, 32, 3)"""
    whole = all(isinstance(label, int | np.integer) and not isinstance(label, bool) for label in labels)
    if pixels.dtype != np.uint8 or pixels.shape != (len(labels), PIXELS) or not whole or not set(labels) <= set(range(classes)):
        raise BenchError(f"expected uint8 rows of {PIXELS} and labels below {classes}")
    return pixels.reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)


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
