"""What the data room hands out: datasets as values, and what a family says of an image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from bench.data.store.splits import validation_split
from bench.plan import BenchError

SPLITS = ("train", "test")


class Sample(NamedTuple):
    """One image of a dataset, as its family finds it.

    Attributes
    ----------
    word
        Its class.
    split
        ``"train"`` or ``"test"``; ``None`` where images are split by what they show.
    path
        The picture's file, relative to the root of the copy, or what messages call the image; empty for generated ones.
    pixels
        (H, W) or (H, W, C), uint8 or float in [0, 255]; ``None`` where the picture at ``path`` holds them.
    group
        What the image shows (a ship): images of one group stay in one split.
    """

    word: str
    split: str | None
    path: str = ""
    pixels: np.ndarray | None = None
    group: str = ""


@dataclass(frozen=True)
class ImageSet:
    """One split.

    Attributes
    ----------
    images
        uint8, (N, C, S, S) with C of 1 or 3; on the CPU a memory-mapped file stands behind it.
    labels
        int64, (N,).
    """

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def chosen(self, indices: Any) -> ImageSet:
        """The images at these places, in their order."""
        return ImageSet(self.images[indices], self.labels[indices])

    def to(self, device: Any) -> ImageSet:
        """The same images on another device; they stay uint8, a quarter of what floats would take."""
        return ImageSet(self.images.to(device), self.labels.to(device))


@dataclass(frozen=True)
class FileSet:
    """One split whose pictures stay in their files.

    Attributes
    ----------
    folder
        The root of the dataset's copy on this machine.
    paths
        Relative to it.
    labels
        int64, (N,).
    """

    folder: Path
    paths: tuple[str, ...]
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def chosen(self, indices: Any) -> FileSet:
        """The pictures at these places, in their order."""
        return FileSet(self.folder, tuple(self.paths[index] for index in indices), self.labels[indices])


@dataclass(frozen=True)
class Dataset:
    """A dataset decoded to one image size.

    Attributes
    ----------
    classes
        Their names; a label is an index into them.
    stand_in
        Whether the suite generated the images itself.
    train, test
        :class:`ImageSet` or :class:`FileSet`, or a side with masks or boxes (``bench.data.sides``).
        ``test`` is ``None`` where it is left alone.
    digest
        SHA-256 over pixels, labels, classes and split; the same for the same data on every machine that decodes it alike.
    groups
        int64, (N,), of the training images: those of one number other than 0 show one thing (a ship); ``None`` for no groups.
    validation
        What is held out of ``train``, of its kind; ``None`` for nothing.
    """

    name: str
    classes: tuple[str, ...]
    stand_in: bool
    train: Any
    test: Any
    digest: str
    groups: np.ndarray | None = None
    validation: Any = None

    @property
    def num_classes(self) -> int:
        return len(self.classes)

    def held_out(self, validation: Mapping[str, Any] | None) -> Dataset:
        """The dataset as a recipe's ``validation`` divides it (``share``, ``only``); itself where there is none.

        Raises
        ------
        BenchError
            If nothing would be held out, or nothing left.
        """
        if not validation:
            return self
        labels = np.asarray(getattr(self.train, "labels", np.zeros(len(self.train), dtype=np.int64)))
        held = validation_split(labels, self.groups, validation["share"], self.digest)
        if held.all() or not held.any():
            raise BenchError(f"dataset '{self.name}': of {len(held)} training images {validation['share']} cannot be held out")
        rest, part = (self.train.chosen(np.flatnonzero(side)) for side in (~held, held))
        test = None if validation.get("only") else self.test
        return replace(self, train=rest, test=test, groups=None, validation=part)


@dataclass(frozen=True)
class Listing:
    """What a copy of a dataset holds: its images in order, their labels and splits.

    Attributes
    ----------
    classes
        In label order.
    paths
        Relative to ``folder``, with forward slashes; what messages call the images where no file holds them.
    labels, is_test
        int64 and bool, (N,).
    notes
        What a reader of the numbers has to know: what was left out, and why.
    folder
        The root of the copy; ``None`` for generated data.
    groups
        int64, (N,): what belongs together has one number, 0 stands alone.
    sizes
        Of the pictures' files in bytes, (N,), where the set is streamed.
    """

    classes: tuple[str, ...]
    paths: tuple[str, ...]
    labels: np.ndarray
    is_test: np.ndarray
    notes: tuple[str, ...] = ()
    folder: Path | None = None
    sizes: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    groups: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))

    def chosen(self, split: str) -> np.ndarray:
        """Which images a split has; bool, (N,)."""
        return self.is_test if split == "test" else ~self.is_test

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Images per split and class."""
        return {
            split: dict(zip(self.classes, np.bincount(labels, minlength=len(self.classes)).tolist(), strict=True))
            for split, labels in ((split, self.labels[self.chosen(split)]) for split in SPLITS)
        }


@dataclass(frozen=True)
class Decoded(Listing):
    """A listing with its images.

    Attributes
    ----------
    images
        uint8, (N, C, S, S).
    sides
        The shorter sides of the images before they were resized, in pixels, (N,).
    """

    images: np.ndarray = field(default_factory=lambda: np.empty((0, 1, 1, 1), np.uint8))
    sides: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))

    @property
    def training_groups(self) -> np.ndarray | None:
        """The groups of the training images; ``None`` where each stands alone."""
        found = self.groups[self.chosen("train")] if len(self.groups) else self.groups
        return found if found.any() else None

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """The four arrays that the cache keeps."""
        found = {}
        for split in SPLITS:
            found[f"{split}_images"] = self.images[self.chosen(split)]
            found[f"{split}_labels"] = self.labels[self.chosen(split)]
        return found


@dataclass(frozen=True)
class Check:
    """What ``python -m bench data check`` shows.

    Attributes
    ----------
    counts
        Images per split and class: ``{"train": {"tanker": 57}, "test": ...}``.
    sides
        Smallest, median and largest side of the images as distributed, in pixels.
    problems
        One line each; empty when the dataset can be used.
    images
        Per split, where ``counts`` are of something else: of ``counted``.
    """

    name: str
    title: str
    stand_in: bool
    classes: tuple[str, ...]
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    sides: tuple[int, int, int] = (0, 0, 0)
    digest: str = ""
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    images: Mapping[str, int] = field(default_factory=dict)
    counted: str = ""

    @property
    def ok(self) -> bool:
        return not self.problems


class DataError(BenchError):
    """A dataset that cannot be used; ``problems`` holds one line for each fault that was found."""

    def __init__(self, problems: list[str] | tuple[str, ...], name: str) -> None:
        more = f" (and {len(problems) - 1} more: python -m bench data check {name})" if len(problems) > 1 else ""
        super().__init__(problems[0] + more)
        self.problems = tuple(" ".join(problem.split()) for problem in problems)
