"""One side of a split whose pictures have masks or boxes, in memory or in files.

``picture(i)`` gives uint8 (H, W, 3); what belongs to it, :meth:`mask` or :meth:`boxes`. Reading is all that they do: nothing is
resized, clipped or dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bench.data.boxes import BoxTable
from bench.data.masks import read_mask
from bench.data.store.pictures import read_picture
from bench.plan import BenchError


@dataclass(frozen=True)
class Pair:
    """A picture and its mask, paths below a folder."""

    picture: str
    mask: str


@dataclass(frozen=True)
class ArrayPictures:
    """Pictures in memory, uint8, (N, 3, S, S)."""

    images: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    def picture(self, index: int) -> np.ndarray:
        """uint8, (S, S, 3)."""
        return np.ascontiguousarray(self.images[index].transpose(1, 2, 0))

    @property
    def landscape(self) -> np.ndarray:
        """bool, (N,): whether a picture is wider than high."""
        return np.zeros(len(self), dtype=bool)


@dataclass(frozen=True)
class MaskedArrays(ArrayPictures):
    """With masks, uint8, (N, S, S)."""

    masks: np.ndarray

    def mask(self, index: int) -> np.ndarray:
        """uint8, (S, S)."""
        return np.array(self.masks[index])

    def chosen(self, indices: np.ndarray) -> MaskedArrays:
        """The pictures at these places, in their order."""
        return MaskedArrays(self.images[indices], self.masks[indices])


@dataclass(frozen=True)
class MaskedFiles:
    """Pictures and masks in files below a folder.

    Attributes
    ----------
    classes
        Background included.
    """

    folder: Path
    pairs: tuple[Pair, ...]
    classes: int

    def __len__(self) -> int:
        return len(self.pairs)

    def picture(self, index: int) -> np.ndarray:
        """uint8, (H, W, 3)."""
        return _read_picture(self.folder, self.pairs[index].picture)

    def mask(self, index: int) -> np.ndarray:
        """uint8, (H, W), as high and wide as its picture.

        Raises
        ------
        BenchError
            If it is no mask, or of another size.
        """
        path = self.pairs[index].mask
        try:
            return read_mask((self.folder / path).read_bytes(), self.classes)
        except (OSError, BenchError) as error:
            raise BenchError(f"'{path}' {error if isinstance(error, BenchError) else 'cannot be read'}") from None

    def chosen(self, indices: np.ndarray) -> MaskedFiles:
        """The pictures at these places, in their order."""
        return replace(self, pairs=tuple(self.pairs[index] for index in indices))


@dataclass(frozen=True)
class BoxedArrays(ArrayPictures):
    """With boxes; a picture's id is its place plus 1."""

    table: BoxTable

    def boxes(self, index: int) -> dict[str, Any]:
        """The picture's rows of the table, its ``image_id`` and its ``size``."""
        side = self.images.shape[-1]
        return {**self.table.of(index), "image_id": index + 1, "size": (side, side)}

    def chosen(self, indices: np.ndarray) -> BoxedArrays:
        """The pictures at these places, in their order."""
        return BoxedArrays(self.images[indices], self.table.chosen(indices))


@dataclass(frozen=True)
class BoxedFiles:
    """Pictures in files below a folder, with boxes.

    Attributes
    ----------
    paths
        Relative to the folder.
    ids
        int64, (N,).
    sizes
        int64, (N, 2): height and width.
    categories
        Each label's own id.
    """

    folder: Path
    paths: tuple[str, ...]
    ids: np.ndarray
    sizes: np.ndarray
    table: BoxTable
    categories: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def landscape(self) -> np.ndarray:
        """bool, (N,): whether a picture is wider than high."""
        return self.sizes[:, 1] > self.sizes[:, 0]

    def picture(self, index: int) -> np.ndarray:
        """uint8, (H, W, 3).

        Raises
        ------
        BenchError
            If it is damaged, or of another size than its annotations say.
        """
        pixels = _read_picture(self.folder, self.paths[index])
        if pixels.shape[:2] != tuple(self.sizes[index]):
            found, said = (f"{width}x{height}" for height, width in (pixels.shape[:2], self.sizes[index]))
            raise BenchError(f"'{self.paths[index]}' is {found}, its annotations say {said}")
        return pixels

    def boxes(self, index: int) -> dict[str, Any]:
        """The picture's rows of the table, its ``image_id`` and its ``size``."""
        height, width = (int(side) for side in self.sizes[index])
        return {**self.table.of(index), "image_id": int(self.ids[index]), "size": (height, width)}

    def chosen(self, indices: np.ndarray) -> BoxedFiles:
        """The pictures at these places, in their order."""
        paths = tuple(self.paths[index] for index in indices)
        chosen = self.ids[indices], self.sizes[indices], self.table.chosen(indices)
        return BoxedFiles(self.folder, paths, *chosen, self.categories)


MaskedSide = MaskedArrays | MaskedFiles
BoxedSide = BoxedArrays | BoxedFiles


@dataclass(frozen=True)
class TwoSides:
    """What a family of pictures with masks or boxes finds in a copy.

    Attributes
    ----------
    classes
        In label order; of masks with the background.
    """

    classes: tuple[str, ...]
    train: MaskedSide | BoxedSide
    test: MaskedSide | BoxedSide


def with_boxes(side: BoxedSide) -> BoxedSide:
    """The pictures that have a box to learn from; detectors are trained on no others."""
    learnt, offsets = np.concatenate([[0], side.table.trained().cumsum()]), side.table.offsets
    return side.chosen(np.flatnonzero(learnt[offsets[1:]] > learnt[offsets[:-1]]))


def there(folder: Path, paths: Sequence[Sequence[str]]) -> np.ndarray:
    """bool, (N,): whether all files of each entry are in the folder."""
    return np.array([all((folder / path).is_file() for path in entry) for entry in paths], dtype=bool)


def check_sizes(side: MaskedFiles, indices: Sequence[int]) -> list[str]:
    """A line for every picture or mask that cannot be read, or whose sizes differ."""
    problems = []
    for index in indices:
        try:
            picture, mask = side.picture(index), side.mask(index)
        except BenchError as error:
            problems.append(str(error))
            continue
        if picture.shape[:2] != mask.shape:
            found = f"{mask.shape[1]}x{mask.shape[0]}, its picture {picture.shape[1]}x{picture.shape[0]}"
            problems.append(f"'{side.pairs[index].mask}' is {found}")
    return problems


def _read_picture(folder: Path, path: str) -> np.ndarray:
    try:
        return read_picture((folder / path).read_bytes())
    except (OSError, BenchError) as error:
        raise BenchError(f"'{path}' cannot be read ({error})") from None
