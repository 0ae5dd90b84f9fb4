"""Pictures of several things at once, with masks and boxes: a 2 x 2 grid whose cells hold a shape or nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.data.boxes import BoxTable
from bench.data.drawing.canvas import Canvas, Field, colours
from bench.data.drawing.objects import SHAPES, outlines
from bench.data.masks import VOID

THINGS = SHAPES  # the class of a thing; in a mask it stands one higher, 0 is the ground
FILLED = 0.62  # of the cells
CLUTTER = 4  # distracting blobs a picture
BORDER = 0.75  # half width of the void about an outline, pixels
CROWD_EVERY = 20  # pictures, one of whose cells holds a crowd
CROWD = 6  # discs of it
CORNERS = ((-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5))


@dataclass(frozen=True)
class Scenes:
    """Pictures and what is in them.

    Attributes
    ----------
    images
        uint8, (N, 3, S, S).
    masks
        uint8, (N, S, S): 0 ground, 1 to 5 the things, 255 their borders.
    boxes
        Tight about what is visible of each thing; an area is its visible pixels.
    """

    images: np.ndarray
    masks: np.ndarray
    boxes: BoxTable


def draw_things(count: int, side: int, draw: np.random.Generator) -> Scenes:
    """``count`` pictures of ``side`` pixels; every twentieth has a crowd of discs in its first cell, the last one is empty."""
    ground = colours(draw.random(count), draw.uniform(0, 0.15, count), draw.uniform(0.35, 0.7, count))
    canvas = Canvas(ground, side)
    for _ in range(CLUTTER):
        x, y = draw.uniform(-1, 1, (2, count))
        across, down = draw.uniform(0.05, 0.25, (2, count))
        blob = canvas.ellipse(x, y, across, down, draw.uniform(0, 3.14, count))
        canvas.paint(blob, colours(draw.random(count), draw.uniform(0, 0.3, count), draw.uniform(0.35, 0.75, count)), 0.5)
    masks = np.zeros((count, side, side), dtype=np.uint8)
    owners = np.full((count, side, side), -1, dtype=np.int64)  # the cell whose thing is seen
    crowded = np.arange(count) % CROWD_EVERY == CROWD_EVERY // 2
    kinds = draw.integers(len(SHAPES), size=(len(CORNERS), count))
    kinds[0, crowded] = SHAPES.index("disc")
    filled = draw.random((len(CORNERS), count)) < FILLED
    filled[0, crowded] = True
    filled[:, -1] = False
    for cell, corner in enumerate(CORNERS):
        distance = _thing(canvas, corner, kinds[cell], draw)
        if cell == 0:
            distance = np.where(crowded[:, None, None], _crowd(canvas, corner, count, draw), distance)
        distance = np.where(filled[cell][:, None, None], distance, np.inf)
        hue, strength = draw.random(count), draw.uniform(0.65, 0.95, count)
        canvas.paint(distance, colours(hue, strength, draw.uniform(0.65, 0.95, count)), draw.uniform(0.8, 1, count))
        inside = distance < 0
        classes = np.broadcast_to((kinds[cell] + 1)[:, None, None], masks.shape)
        masks[inside], owners[inside] = classes[inside], cell
        masks[np.abs(distance) * side / 2 < BORDER] = VOID
    return Scenes(canvas.finished(draw, 0.06), masks, _boxes(owners, kinds, crowded & filled[0]))


def _thing(canvas: Canvas, corner: tuple[float, float], kinds: np.ndarray, draw: np.random.Generator) -> Field:
    count = len(kinds)
    place = np.array(corner)[:, None] + 0.5 * draw.uniform(-0.25, 0.25, (2, count))
    size, stretch = 0.5 * draw.uniform(0.3, 0.95, count), draw.uniform(0.85, 1.15, count)
    shapes = outlines(canvas, place, size * stretch, size / stretch, draw.uniform(-0.3, 0.3, count))
    return np.select([kinds[:, None, None] == index for index in range(len(SHAPES))], shapes)


def _crowd(canvas: Canvas, corner: tuple[float, float], count: int, draw: np.random.Generator) -> Field:
    discs = []
    for _ in range(CROWD):
        x, y = np.array(corner)[:, None] + draw.uniform(-0.36, 0.36, (2, count))
        radius = draw.uniform(0.07, 0.11, count)
        discs.append(canvas.ellipse(x, y, radius, radius))
    return np.minimum.reduce(discs)


def _boxes(owners: np.ndarray, kinds: np.ndarray, crowded: np.ndarray) -> BoxTable:
    seen: list[tuple[list[int], int, int, bool]] = []
    offsets = [0]
    for picture, owner in enumerate(owners):
        for cell in range(len(kinds)):
            rows, columns = np.nonzero(owner == cell)
            if len(rows):
                box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
                seen.append((box, kinds[cell, picture], len(rows), cell == 0 and crowded[picture]))
        offsets.append(len(seen))
    boxes, labels, areas, crowd = zip(*seen, strict=True) if seen else ((), (), (), ())
    return BoxTable(
        boxes=np.array(boxes, dtype=np.float64).reshape(-1, 4),
        labels=np.array(labels, dtype=np.int64),
        areas=np.array(areas, dtype=np.float64),
        crowd=np.array(crowd, dtype=bool),
        offsets=np.array(offsets, dtype=np.int64),
    )
