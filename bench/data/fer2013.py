"""FER-2013: grey 48-pixel faces with seven expressions, read from the challenge's CSV or from image folders.

Goodfellow et al., "Challenges in representation learning: a report on three machine learning contests", 2013. Layouts:
docs/data.md.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bench.data.store.archives import Container, opened
from bench.data.store.chips import to_square
from bench.data.store.datasets import DataError, Decoded
from bench.data.store.pictures import count_notes, pictures_in_folders
from bench.data.store.registry import checked_options, one_option
from bench.plan import BenchError

DATASETS = {
    "fer2013": {
        "title": "FER-2013",
        "classes": ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"],
        "channels": 1,
        "stand_in": False,
        "version": 1,
        "folders": ["fer2013"],
        "licence": "terms of the challenge on Kaggle; not redistributed here",
        "source": "Goodfellow et al., 2013; Kaggle, Challenges in Representation Learning: Facial Expression Recognition",
        "layout": "fer2013/fer2013.csv, or fer2013/{train,public_test,private_test}/<class>/*.{png,jpg}",
    },
}
CLASSES: list[str] = DATASETS["fer2013"]["classes"]  # type: ignore[assignment]
SIDE = 48
COUNTS = {"train": 28_709, "public": 3_589, "private": 3_589}  # of the challenge
SPLITS = {"train": "train", "public_test": "public", "private_test": "private"}  # folders
USAGES = {"Training": "train", "PublicTest": "public", "PrivateTest": "private"}  # in the CSV
LARGEST_CSV = 2**30  # bytes; the challenge's has 300 MB
DEFAULTS = {"test": "private"}

Sample = tuple[np.ndarray, int, str]  # (48, 48) uint8, label, split


def decode(name: str, size: int, options: Mapping[str, Any], folder: Path | None) -> Decoded:
    """The training set and one of the two test sets.

    Parameters
    ----------
    size
        Side of the images in pixels; other sides than 48 are resized bilinearly.
    options
        ``test``: ``private`` (the set that decided the challenge) or ``public``; the other one is left out.

    Raises
    ------
    DataError
        If files are missing or damaged; all of them are named.
    """
    assert folder is not None
    settings = checked_options(name, options, DEFAULTS)
    test = one_option(name, "test", settings["test"], ("private", "public"))
    problems: list[str] = []
    with opened(folder, folder.name) as container:
        table = next((path for path in container.names if path.rsplit("/", 1)[-1] == "fer2013.csv"), None)
        if table:
            read = _rows(container, table, problems)
        else:
            read = pictures_in_folders(container, SPLITS, CLASSES, problems, mode="L", side=SIDE)
        samples = [sample for sample in read if sample[2] in ("train", test)]
    if not samples and not problems:
        problems.append(f"{folder.name}: no image; expected fer2013.csv or train/<class>/*.jpg")
    if problems:
        raise DataError(problems, name)
    return Decoded(
        images=to_square([pixels for pixels, _, _ in samples], size),
        labels=np.array([label for _, label, _ in samples], dtype=np.int64),
        is_test=np.array([split == test for _, _, split in samples]),
        sides=np.full(len(samples), SIDE),
        notes=_notes(samples, test),
    )


def _notes(samples: list[Sample], test: str) -> tuple[str, ...]:
    found = {split: sum(sample[2] == split for sample in samples) for split in ("train", test)}
    return (f"tested on the {test} test set", *count_notes(found, {split: COUNTS[split] for split in found}))


def _rows(container: Container, table: str, problems: list[str]) -> Iterator[Sample]:
    """A line per image: emotion, 2,304 grey values, usage."""
    try:
        text = container.read(table, limit=LARGEST_CSV).decode("ascii")
    except (BenchError, UnicodeDecodeError) as error:
        problems.append(f"{container.label}: '{table}' is damaged ({error})")
        return
    for number, row in enumerate(csv.DictReader(io.StringIO(text)), start=2):
        try:
            pixels = np.array(row["pixels"].split(), dtype=np.int64)
            if pixels.shape != (SIDE * SIDE,) or pixels.min() < 0 or pixels.max() > 255:
                raise ValueError(f"expected {SIDE * SIDE} values from 0 to 255")
            label = int(row["emotion"])
            if not 0 <= label < len(CLASSES):
                raise ValueError(f"emotion {label} is not from 0 to {len(CLASSES) - 1}")
            yield pixels.astype(np.uint8).reshape(SIDE, SIDE), label, USAGES[row["Usage"].strip()]
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            problems.append(f"{container.label}: '{table}', line {number}: {error}")
