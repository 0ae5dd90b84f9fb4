"""Boxes of many pictures as a few arrays, and the faults that an annotation file can have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.data.drawing import Things

LEAST_SIDE = 1e-5  # of a box in pixels; what is thinner is nothing to learn
RANGES = {"small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2), "large": (96.0**2, np.inf)}  # COCO's, of areas


@dataclass(frozen=True)
class BoxTable:
    """The boxes of N pictures; those of picture i are the rows ``offsets[i]`` to ``offsets[i + 1]``.

    Attributes
    ----------
    boxes
        float64, (n, 4): (x1, y1, x2, y2) in pixels of the picture.
    labels
        int64, (n,), from 0.
    areas
        float64, (n,): of the objects, which COCO's size ranges go by, not of their boxes.
    crowd
        bool, (n,): a box about many objects of a class; nothing is trained on it.
    offsets
        int64, (N + 1,).
    """

    boxes: np.ndarray
    labels: np.ndarray
    areas: np.ndarray
    crowd: np.ndarray
    offsets: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def of(self, picture: int) -> dict[str, np.ndarray]:
        """``boxes``, ``labels``, ``areas`` and ``crowd`` of one picture."""
        rows = slice(int(self.offsets[picture]), int(self.offsets[picture + 1]))
        return {"boxes": self.boxes[rows], "labels": self.labels[rows], "areas": self.areas[rows], "crowd": self.crowd[rows]}

    def chosen(self, pictures: np.ndarray) -> BoxTable:
        """The boxes of these pictures, in their order."""
        counts = np.diff(self.offsets)[pictures]
        offsets = np.concatenate([[0], counts.cumsum()]).astype(np.int64)
        # A row keeps its place within its picture; the pictures move.
        rows = np.arange(offsets[-1]) + np.repeat(self.offsets[:-1][pictures] - offsets[:-1], counts)
        return BoxTable(self.boxes[rows], self.labels[rows], self.areas[rows], self.crowd[rows], offsets)

    def trained(self) -> np.ndarray:
        """bool, (n,): the boxes to learn from, neither crowd nor degenerate."""
        sides = self.boxes[:, 2:] - self.boxes[:, :2]
        return ~self.crowd & (sides > LEAST_SIDE).all(1)

    def counts(self) -> dict[str, int]:
        """Boxes of each size, crowd boxes, degenerate ones, and pictures without a box to learn from."""
        learnt, degenerate = self.trained(), ((self.boxes[:, 2:] - self.boxes[:, :2]) <= LEAST_SIDE).any(1)
        sizes = {name: int(((self.areas >= low) & (self.areas < high) & learnt).sum()) for name, (low, high) in RANGES.items()}
        per_picture = np.add.reduceat(np.append(learnt, False), self.offsets[:-1]) * (np.diff(self.offsets) > 0)
        return {
            **sizes,
            "crowd": int(self.crowd.sum()),
            "degenerate": int(degenerate.sum()),
            "pictures_without": int((per_picture == 0).sum()),
        }


def table_of(pictures: Sequence[Things]) -> BoxTable:
    """The boxes of drawn pictures; a label counts from 0 here."""
    return BoxTable(
        boxes=np.concatenate([things.boxes for things in pictures]).astype(np.float64).reshape(-1, 4),
        labels=np.concatenate([things.labels for things in pictures]) - 1,
        areas=np.concatenate([things.areas for things in pictures]).astype(np.float64),
        crowd=np.concatenate([things.crowd for things in pictures]),
        offsets=np.concatenate([[0], np.cumsum([len(things.labels) for things in pictures])]).astype(np.int64),
    )
