"""TinyImageNet: 64-pixel photographs of 200 classes, as distributed.

Le and Yang, "Tiny ImageNet visual recognition challenge", CS 231N, 2015. Its validation set is the test set of every paper,
since the labels of its own test set are not public. Layout: docs/data.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bench.data.store.datasets import Sample
from bench.data.store.pictures import class_folders, is_picture, stem
from bench.data.store.source import Source, report_empty
from bench.data.store.texts import numbered_lines
from bench.plan import BenchError

DATASETS = {
    "tinyimagenet": {
        "title": "TinyImageNet",
        "classes": [],  # the names of its folders, WordNet ids
        "channels": 3,
        "side": 64,
        "stand_in": False,
        "version": 2,
        "counts": {"train": 100_000, "test": 10_000},
        "folders": ["tinyimagenet", "tinyimagenet200"],
        "root": ["train/"],
        "licence": "terms of ImageNet: research and education; not redistributed here",
        "source": "Le and Yang, 2015; a subset of ImageNet",
        "layout": "tinyimagenet/{train/<class>/images/*.JPEG, val/images/*, val/val_annotations.txt}, or tiny-imagenet-200.zip",
    },
}
OFFICIAL = r"val_\d+|n\d{8}_\d+"  # names of its own pictures
NOTES = "val/val_annotations.txt"


def samples(source: Source) -> Iterator[Sample]:
    """Training and validation set; the latter, flat with its list or sorted into classes, is the test split."""
    names = source.files.names
    folders: set[str] = set()
    for path, word, split in class_folders(names, {"train": "train"}, inner="images", once=OFFICIAL):
        folders.add(f"{path.split('/')[0]}/{word}")
        yield Sample(word, split, path)
    listed = dict(_annotations(source)) if NOTES in names else {}
    flat = [path for path in names if path.startswith("val/images/") and is_picture(path)]
    if flat and not listed:
        raise BenchError(
            f"{source.files.label}: '{NOTES}' is missing, and with it the classes of the {len(flat)} pictures beside it"
        )
    if flat or not any(path.startswith("val/") and is_picture(path) for path in names):
        unnamed = [path for path in flat if path.rpartition("/")[2] not in listed]
        if unnamed:
            source.fault(f"{len(unnamed)} pictures have no line in '{NOTES}', '{unnamed[0]}' the first")
        for picture, word in listed.items():
            yield Sample(word, "test", f"val/images/{picture}")
        report_empty(source, folders)
        return
    in_folders = list(class_folders(names, {"val": "test"}, inner="images", once=OFFICIAL))
    report_empty(source, folders | {f"{path.split('/')[0]}/{word}" for path, word, _ in in_folders})
    gone = sorted(listed.keys() - {path.rpartition("/")[2] for path, _, _ in in_folders})
    if gone:
        source.fault(f"{len(gone)} pictures of '{NOTES}' are missing, '{gone[0]}' the first")
    for path, word, split in sorted(in_folders, key=lambda entry: _number(entry[0])):
        said = listed.get(path.rpartition("/")[2], word)
        if said != word:
            source.fault(f"'{path}' is of class '{said}' by '{NOTES}'")
        yield Sample(word, split, path)


def _annotations(source: Source) -> Iterator[tuple[str, str]]:
    """Picture and class of every line of the validation set's list."""
    known: dict[str, int] = {}
    for number, line in numbered_lines(source.files, NOTES):
        words = line.split()
        if len(words) < 2 or not is_picture(words[0]):
            raise BenchError(f"{source.files.label}: '{NOTES}', line {number}: '{line[:80]}', expected a picture and its class")
        if words[0] in known:
            raise BenchError(
                f"{source.files.label}: '{NOTES}', line {number}: '{words[0]}' stands in line {known[words[0]]} already"
            )
        known[words[0]] = number
        yield words[0], words[1]


def _number(path: str) -> tuple[int, str]:
    """In the order of the pictures' numbers, which is that of the list."""
    digits = re.search(r"(\d+)$", stem(path))
    return int(digits[1]) if digits else -1, path
