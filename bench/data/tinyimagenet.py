"""TinyImageNet: 64-pixel photographs of 200 classes, as distributed.

Le and Yang, "Tiny ImageNet visual recognition challenge", CS 231N, 2015. Its validation set is the test set of every paper,
since the labels of its own test set are not public. Layout: docs/data.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bench.data.store.archives import Container, opened, packed_in
from bench.data.store.chips import to_square
from bench.data.store.datasets import DataError, Decoded
from bench.data.store.pictures import count_notes, is_picture, read_picture
from bench.data.store.registry import checked_options
from bench.plan import BenchError

DATASETS = {
    "tinyimagenet": {
        "title": "TinyImageNet",
        "classes": [],  # the names of its folders, WordNet ids
        "channels": 3,
        "stand_in": False,
        "version": 1,
        "folders": ["tinyimagenet", "tinyimagenet200"],
        "licence": "terms of ImageNet: research and education; not redistributed here",
        "source": "Le and Yang, 2015; a subset of ImageNet",
        "layout": "tinyimagenet/{train/<class>/images/*.JPEG, val/images/*, val/val_annotations.txt}, or tiny-imagenet-200.zip",
    },
}
SIDE, CLASSES = 64, 200
COUNTS = {"train": 100_000, "test": 10_000}
AT_ONCE = 4096  # images that are resized together


def decode(name: str, size: int, options: Mapping[str, Any], folder: Path | None) -> Decoded:
    """Training and validation set; the latter is the test side. Parameters and errors as in ``bench/data/cifar.py``."""
    assert folder is not None
    checked_options(name, options, {})
    problems: list[str] = []
    with opened(packed_in(folder) or folder, folder.name) as container:
        labelled = dict(_labelled(container, problems))
        classes = tuple(sorted({word for word, _ in labelled.values()}))
        if not labelled and not problems:
            problems.append(f"{folder.name}: no picture; expected train/<class>/images/*.JPEG and val/val_annotations.txt")
        kept = _decoded(container, list(labelled), size, problems) if not problems else None
    if problems or kept is None:
        raise DataError(problems, name)
    label_of = {word: label for label, word in enumerate(classes)}
    is_test = np.array([test for _, test in labelled.values()])
    found = {"train": int((~is_test).sum()), "test": int(is_test.sum())}
    return Decoded(
        images=kept,
        labels=np.array([label_of[word] for word, _ in labelled.values()], dtype=np.int64),
        is_test=is_test,
        sides=np.full(len(labelled), SIDE),
        notes=count_notes(found, COUNTS),
        classes=classes,
    )


def _labelled(container: Container, problems: list[str]) -> Iterator[tuple[str, tuple[str, bool]]]:
    """Every picture's path, with its class and whether it is for testing."""
    for path in container.names:
        parts = path.split("/")
        if is_picture(path) and len(parts) >= 4 and parts[-4] == "train" and parts[-2] == "images":
            yield path, (parts[-3], False)
    notes = next((path for path in container.names if path.endswith("val/val_annotations.txt")), None)
    if notes is None:
        problems.append(f"{container.label}: 'val/val_annotations.txt' is missing")
        return
    known = set(container.names)
    for line in container.read(notes).decode("utf-8", "replace").splitlines():
        words = line.split("\t")
        path = notes.removesuffix("val_annotations.txt") + f"images/{words[0]}"
        if len(words) < 2 or path not in known:
            problems.append(f"{container.label}: 'val/images/{words[0][:80]}' of val_annotations.txt is missing")
            return
        yield path, (words[1], True)


def _decoded(container: Container, paths: list[str], size: int, problems: list[str]) -> np.ndarray:
    images = np.empty((len(paths), 3, size, size), dtype=np.uint8)
    for start in range(0, len(paths), AT_ONCE):
        pixels = []
        for path in paths[start : start + AT_ONCE]:
            try:
                pixels.append(read_picture(container.read(path)))
            except BenchError as error:
                problems.append(f"{container.label}: '{path}' is damaged ({error})")
                pixels.append(np.zeros((SIDE, SIDE, 3), dtype=np.uint8))
        images[start : start + AT_ONCE] = to_square(pixels, size)
    return images
