"""PASCAL VOC's segmentation pictures, 2007 and 2012, and the 2012 masks that SBD adds.

Everingham et al., IJCV 2010 and 2015; Hariharan et al., "Semantic contours from inverse detectors", ICCV 2011. FRSKD trains on
both years' trainval and tests on 2007's test, all of whose pictures are in 2012's trainval under another name
(docs/findings.md): ids are compared, years are not trusted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.data.sides import MaskedFiles, Pair, TwoSides, there
from bench.data.store.archives import Container
from bench.data.store.datasets import DataError
from bench.data.store.source import Source
from bench.data.store.texts import listed_paths
from bench.plan import BenchError

DATASETS: dict[str, dict[str, Any]] = {
    "voc": {
        "title": "PASCAL VOC 2007 and 2012 (segmentation)",
        "task": "segmentation",
        "classes": [
            "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable",
            "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
        ],
        "channels": 3,
        "stand_in": False,
        "streams": True,
        "version": 1,
        "folders": ["voc", "vocdevkit", "pascalvoc"],
        "root": ["VOC2012/ImageSets/Segmentation/train.txt", "VOC2012/ImageSets/Segmentation/trainval.txt"],
        "options": {"split": ["clean", "paper", "voc2012", "voc2012_aug"], "absent": ["refused", "left_out"]},
        "leaks": ["paper"],  # splits whose test pictures are in the training list: no verdict is given on them
        "licence": "research; pictures under flickr's terms; not redistributed here",
        "source": "Everingham et al., IJCV 2010 and 2015; Hariharan et al., ICCV 2011",
        "layout": "voc/VOCdevkit/VOC{2007,2012}/{JPEGImages/*.jpg, SegmentationClass/*.png, ImageSets/Segmentation/*.txt}",
    },
}  # fmt: skip
CLASSES = tuple(DATASETS["voc"]["classes"])
SPLITS = tuple(DATASETS["voc"]["options"]["split"])
LEAKAGE = 210  # of VOC2007's segmentation test pictures in VOC2012's trainval: all of them
ID = re.compile(r"(\d{4}_)?\d{6}")  # "000032" of 2007, "2007_000032" from 2012 on
ADDED = {"train_aug": "SegmentationClassAug"}  # lists whose masks lie in a folder of their own


@dataclass(frozen=True)
class Sides:
    """The two sides of a split.

    Attributes
    ----------
    train, test
        A picture that two releases hold stands in ``train`` twice under ``paper``, as in the paper.
    leaked
        Test pictures that are in ``train`` as well.
    notes
        What a reader of the numbers has to know.
    """

    train: tuple[Pair, ...]
    test: tuple[Pair, ...]
    leaked: int
    notes: tuple[str, ...]


def sides(source: Source, size: int) -> TwoSides:
    """The pictures and masks of the split that the options name.

    Raises
    ------
    DataError
        If a list is missing, or a file that it names, unless the options say that such pictures are left out.
    """
    folder = source.files.path / source.files.root
    found = voc_sides(source.name, folder, source.options["split"])
    source.notes += found.notes
    kept = []
    for side, pairs in (("training", found.train), ("test", found.test)):
        whole = there(folder, [(pair.picture, pair.mask) for pair in pairs])
        if not whole.all() and source.options["absent"] == "refused":
            raise DataError(missing_files(folder, pairs), source.name)
        if not whole.all():
            source.notes.append(f"{int((~whole).sum())} of {len(pairs)} {side} pictures are not there and left out")
        kept.append(tuple(pair for pair, here in zip(pairs, whole, strict=True) if here))
    train, test = (MaskedFiles(folder, pairs, len(CLASSES)) for pairs in kept)
    return TwoSides(CLASSES, train, test)


def voc_sides(name: str, folder: Path, split: str) -> Sides:
    """The pictures of a split; that their files are there is not looked at.

    Parameters
    ----------
    folder
        The devkit, which holds ``VOC2007/`` and ``VOC2012/``.
    split
        ``clean``: both trainvals without the pictures of 2007's test, for testing; ``paper``: with them; ``voc2012``: train and
        val of 2012; ``voc2012_aug``: the same with SBD's additions.

    Raises
    ------
    DataError
        If a list is missing, empty, or names a picture twice.
    """
    if split.startswith("voc2012"):
        train = _listed(name, folder, "VOC2012", "train" if split == "voc2012" else "train_aug")
        test = _listed(name, folder, "VOC2012", "val")
    else:
        train = {**_listed(name, folder, "VOC2007", "trainval"), **_listed(name, folder, "VOC2012", "trainval")}
        test = _listed(name, folder, "VOC2007", "test")
    tested = {_photograph(pair) for pair in test.values()}
    leaked = tested & {_photograph(pair) for pair in train.values()}
    if split == "clean":
        train = {key: pair for key, pair in train.items() if _photograph(pair) not in tested}
    if not train:
        raise DataError([f"{folder.name}: split '{split}' leaves no picture to train on"], name)
    return Sides(tuple(train.values()), tuple(test.values()), len(leaked), tuple(_notes(split, train, test, len(leaked))))


def missing_files(folder: Path, pairs: Iterable[Pair]) -> list[str]:
    """A line for every picture or mask that is not there."""
    paths = dict.fromkeys(path for pair in pairs for path in (pair.picture, pair.mask))
    return [f"{folder.name}: '{path}' is missing" for path in paths if not (folder / path).is_file()]


def _listed(name: str, folder: Path, release: str, which: str) -> dict[tuple[str, str], Pair]:
    file = f"{release}/ImageSets/Segmentation/{which}.txt"
    try:
        lines = list(listed_paths(Container(folder.name, (), folder), file))
    except BenchError as error:
        raise DataError([str(error)], name) from None
    for number, identity in lines:
        if not ID.fullmatch(identity):
            raise DataError([f"{folder.name}: '{file}', line {number}: '{identity[:80]}' is no picture's name"], name)
    masks = ADDED.get(which, "SegmentationClass")
    return {
        (release, identity): Pair(f"{release}/JPEGImages/{identity}.jpg", f"{release}/{masks}/{identity}.png")
        for _, identity in lines
    }


def _photograph(pair: Pair) -> str:
    """The name that a photograph has in 2012's release: 2007's 000032 is 2007_000032 there."""
    release, _, file = pair.picture.split("/")
    return file if release == "VOC2012" else f"2007_{file}"


def _notes(
    split: str, train: Mapping[tuple[str, str], Pair], test: Mapping[tuple[str, str], Pair], leaked: int
) -> Iterable[str]:
    if leaked and split == "paper":
        yield f"trains on its test images: {leaked} of {len(test)} test pictures are in the training list, with their masks"
    if leaked and split == "clean":
        yield f"{leaked} of {len(test)} test pictures were in the paper's training list and are left out of it"
    elif leaked and split != "paper":
        yield f"{leaked} of {len(test)} test pictures are in the training list"
    twice = len(train) - len({_photograph(pair) for pair in train.values()})
    if twice:
        yield f"{twice} training pictures stand in both releases and count twice"
    official = {"paper": (3335, 210), "clean": (3125, 210), "voc2012": (1464, 1449), "voc2012_aug": (10582, 1449)}[split]
    for side, found, count in zip(("train", "test"), (len(train), len(test)), official, strict=True):
        if found != count:
            yield f"{found} {side} images, the set has {count}"
