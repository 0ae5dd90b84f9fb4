"""FER-2013: grey 48-pixel faces with seven expressions, read from the challenge's tables or from image folders.

Goodfellow et al., "Challenges in representation learning: a report on three machine learning contests", 2013. Layouts:
docs/data.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from bench.data.store.datasets import Sample
from bench.data.store.pictures import class_folders, is_picture, known_class, passed_over, plain, some, stem
from bench.data.store.source import Source
from bench.data.store.texts import one_word, table_rows, whole_number
from bench.plan import BenchError

DATASETS = {
    "fer2013": {
        "title": "FER-2013",
        "classes": ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"],
        "channels": 1,
        "side": 48,
        "stand_in": False,
        "version": 2,
        "counts": {"train": 28_709, "test": 3_589},
        "options": {"test": ["private", "public", "both"]},
        "folders": ["fer2013"],
        "root": ["fer2013.csv", "icml_face_data.csv", "train/", "training/"],
        "licence": "terms of the challenge on Kaggle; not redistributed here",
        "source": "Goodfellow et al., 2013; Kaggle, Challenges in Representation Learning: Facial Expression Recognition",
        "layout": "fer2013/fer2013.csv or icml_face_data.csv, or fer2013/{train,public_test,private_test}/<class>/*.{png,jpg}, "
        "or their archive",
    },
}
SIDE = 48
TABLES = ("fer2013.csv", "icml_face_data.csv")
PARTS = {  # of the challenge, as folders, as the tables' column and as the beginning of files' names call them
    "train": "train", "training": "train", "public": "public", "publictest": "public", "private": "private",
    "privatetest": "private",
}  # fmt: skip
MIXED = "test"  # a folder with both test sets
WORDS = {"disgusted": "disgust", "fearful": "fear", "surprised": "surprise", "anger": "angry", "happiness": "happy"}


def samples(source: Source) -> Iterator[Sample]:
    """The training set and one of the two test sets, or both.

    ``test``: ``private`` (the set that decided the challenge), ``public``, or ``both`` of them; what is not chosen is left out.
    """
    test = source.options["test"]
    source.notes.append(f"tested on the {'public and the private' if test == 'both' else test} test set")
    if test == "both":
        source.official["test"] *= 2
    table = next((name for name in TABLES if name in source.files.names), None)
    folders = sorted({path.split("/")[0] for path in source.files.names if is_picture(path)})
    if table and folders:
        source.notes.append(f"read from '{table}', not from the folders {some(folders)}")
    for part, sample in _rows(source, table) if table else _faces(source, test):
        if part == "train" or test in (part, "both"):
            yield sample._replace(split="train" if part == "train" else "test")


def _faces(source: Source, test: str) -> Iterator[tuple[str, Sample]]:
    splits = {**PARTS, MIXED: MIXED}
    source.notes += passed_over(source.files.names, splits)
    means = partial(known_class, classes=source.classes, also=WORDS)
    mixed: set[bool] = set()
    for path, word, folder in class_folders(source.files.names, splits, means=means):
        part = folder if folder != MIXED else _part_of(path, test)
        if folder != "train":
            mixed.add(folder == MIXED)
        if len(mixed) > 1:
            raise BenchError(f"'{path}': the test sets are there apart and in the folder '{MIXED}' as well; move one away")
        yield part, Sample(means(word), None, path)


def _part_of(path: str, test: str) -> str:
    """Which test set a picture of the common folder ``test`` belongs to; some copies' names say it."""
    part = PARTS.get(plain(stem(path)).rstrip("0123456789"), "")
    if part in ("public", "private"):
        return part
    if test == "both":
        return "public"
    raise BenchError(
        f"'{path}': the folder '{path.split('/')[0]}' mixes the public and the private test set, and the names do not tell "
        f"them apart; take the challenge's table, or the option test: both"
    )


def _rows(source: Source, table: str) -> Iterator[tuple[str, Sample]]:
    """A line per image: emotion, 2,304 grey values, usage."""
    for number, row in table_rows(source.files, table, ("emotion", "pixels", "usage")):
        where = f"'{table}', line {number}"
        try:
            part = one_word(row["usage"], PARTS, where, "usage")
            pixels = np.array(row["pixels"].split(), dtype=np.int64)
            if pixels.shape != (SIDE * SIDE,) or pixels.min() < 0 or pixels.max() > 255:
                raise BenchError(f"{where}: expected {SIDE * SIDE} values from 0 to 255")
            label = whole_number(row["emotion"], f"{where}, emotion", 0, len(source.classes) - 1)
            face = pixels.astype(np.uint8).reshape(SIDE, SIDE)
            yield part, Sample(source.classes[label], None, where, face)
        except BenchError as error:
            source.fault(str(error))
        except (ValueError, OverflowError):
            source.fault(f"{where}: expected {SIDE * SIDE} values from 0 to 255")
