"""Shapes that know what they are and where: label, mask and box of everything that is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.data.drawing.canvas import Canvas, Field

SHAPES = ("disc", "square", "triangle", "ring", "cross")
BORDER = 0.75  # pixels on either side of an edge that a mask leaves void
VOID, GROUND = 255, 0


def outlines(canvas: Canvas, place: np.ndarray, across: np.ndarray, down: np.ndarray, angle: np.ndarray) -> list[Field]:
    """Signed distances of ``SHAPES``, one of each kind at every place.

    Parameters
    ----------
    place
        (2, N), x and y.
    across, down
        Half sizes before turning, (N,).
    angle
        Radians, (N,).
    """
    x, y = place
    disc = canvas.ellipse(x, y, across, down, angle)
    hole = canvas.ellipse(x, y, 0.55 * across, 0.55 * down, angle)
    bars = (canvas.box(x, y, across, 0.32 * down, angle), canvas.box(x, y, 0.32 * across, down, angle))
    return [
        disc,
        canvas.box(x, y, 0.88 * across, 0.88 * down, angle),
        canvas.triangle(x, y, across, down, angle),
        np.maximum(disc, -hole),
        np.minimum(*bars),
    ]


def chosen(fields: list[Field], kind: np.ndarray) -> Field:
    """Of each picture the field of its kind, an index into ``SHAPES``, (N,)."""
    return np.select([kind[:, None, None] == index for index in range(len(fields))], fields)


@dataclass(frozen=True)
class Things:
    """What can be seen in one picture.

    Attributes
    ----------
    labels
        int64, (K,), from 1; 0 is the ground.
    boxes
        int64, (K, 4), tight around the visible pixels: x and y of the first, x and y after the last.
    areas
        int64, (K,), visible pixels.
    crowd
        bool, (K,); one box around many of a kind.
    mask
        uint8, (S, S): a pixel's label, 0 for the ground, 255 along the edges.
    instances
        uint8, (S, S): which of the K things a pixel belongs to, from 1; 0 for the ground.
    """

    labels: np.ndarray
    boxes: np.ndarray
    areas: np.ndarray
    crowd: np.ndarray
    mask: np.ndarray
    instances: np.ndarray


class Layers:
    """Masks of N pictures, layer by layer: what comes later covers what was there.

    Parameters
    ----------
    count, side
        Pictures, and their pixels on a side.
    """

    def __init__(self, count: int, side: int) -> None:
        self.side = side
        self._owner = np.zeros((count, side, side), dtype=np.uint8)  # the layer on top
        self._edge = np.zeros((count, side, side), dtype=bool)
        self._labels: list[np.ndarray] = [np.zeros(count, dtype=np.int64)]
        self._crowds: list[np.ndarray] = [np.zeros(count, dtype=bool)]

    def add(self, distance: Field, label: np.ndarray, there: np.ndarray, crowd: np.ndarray) -> None:
        """A shape in those pictures where it is ``there``, (N,); parts of a crowd go into one layer as one field."""
        pixels = distance * (self.side / 2)  # the canvas runs from -1 to 1
        inside = (pixels < 0) & there[:, None, None]
        edge = (np.abs(pixels) < BORDER) & there[:, None, None]
        self._owner[inside] = len(self._labels)
        self._edge = (self._edge & ~inside) | edge
        self._labels.append(np.where(there, label, 0))
        self._crowds.append(crowd & there)

    def things(self) -> list[Things]:
        """What can be seen of it, picture by picture."""
        return [self._seen(index) for index in range(len(self._owner))]

    def _seen(self, index: int) -> Things:
        owner = self._owner[index]
        layers = [layer for layer in range(1, len(self._labels)) if (owner == layer).any()]
        labels = np.array([self._labels[layer][index] for layer in layers], dtype=np.int64)
        instances, mask = np.zeros_like(owner), np.zeros_like(owner)
        boxes = np.zeros((len(layers), 4), dtype=np.int64)
        for number, layer in enumerate(layers):
            rows, columns = np.nonzero(owner == layer)
            boxes[number] = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
            instances[rows, columns], mask[rows, columns] = number + 1, labels[number]
        mask[self._edge[index]] = VOID
        return Things(
            labels=labels,
            boxes=boxes,
            areas=np.array([(owner == layer).sum() for layer in layers], dtype=np.int64),
            crowd=np.array([self._crowds[layer][index] for layer in layers], dtype=bool),
            mask=mask,
            instances=instances,
        )
