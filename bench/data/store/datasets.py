"""What the data room hands out: datasets as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from bench.plan import BenchError


@dataclass(frozen=True)
class ImageSet:
    """One side of a split.

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
class Dataset:
    """A dataset decoded to one image size.

    Attributes
    ----------
    classes
        Their names; a label is an index into them.
    stand_in
        Whether the suite generated the images itself.
    digest
        SHA-256 over pixels, labels, classes and split; the same for the same data on every machine that decodes it alike.
    """

    name: str
    classes: tuple[str, ...]
    stand_in: bool
    train: ImageSet | FileSet
    test: ImageSet | FileSet
    digest: str

    @property
    def num_classes(self) -> int:
        return len(self.classes)


@dataclass(frozen=True)
class Decoded:
    """What a family's ``decode`` gives: all chips, and on which side of the split each belongs.

    Attributes
    ----------
    images
        uint8, (N, C, S, S).
    labels
        int64, (N,).
    is_test
        bool, (N,).
    sides
        Side lengths of the chips before they were resized, in pixels, (N,).
    notes
        What a reader of the numbers has to know: what was left out, and why.
    classes
        Their names where the files hold them and the family's facts do not.
    """

    images: np.ndarray
    labels: np.ndarray
    is_test: np.ndarray
    sides: np.ndarray
    notes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listing:
    """What the family of a streamed set gives: where its pictures lie, and on which side of the split each belongs.

    Attributes
    ----------
    paths
        Relative to the dataset's folder, with forward slashes.
    labels, is_test
        int64 and bool, (N,).
    classes
        In label order.
    """

    paths: tuple[str, ...]
    labels: np.ndarray
    is_test: np.ndarray
    classes: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileSet:
    """One side of a split whose pictures stay in their files.

    Attributes
    ----------
    folder
        The dataset's folder on this machine.
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
class Check:
    """What ``python -m bench data check`` shows.

    Attributes
    ----------
    counts
        Chips per split and class: ``{"train": {"tanker": 57}, "test": ...}``.
    sides
        Smallest, median and largest side of the chips as distributed, in pixels.
    problems
        One line each; empty when the dataset can be used.
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

    @property
    def ok(self) -> bool:
        return not self.problems


class DataError(BenchError):
    """A dataset that cannot be used; ``problems`` holds one line for each fault that was found."""

    def __init__(self, problems: list[str] | tuple[str, ...], name: str) -> None:
        more = f" (and {len(problems) - 1} more: python -m bench data check {name})" if len(problems) > 1 else ""
        super().__init__(problems[0] + more)
        self.problems = tuple(" ".join(problem.split()) for problem in problems)
