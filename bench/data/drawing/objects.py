"""Coloured things on a cluttered ground: one in the middle, or up to four in a grid with their masks and boxes."""

from __future__ import annotations

import numpy as np

from bench.data.drawing.canvas import Canvas, colours
from bench.data.drawing.shapes import SHAPES, Layers, Things, chosen, outlines

HUES = {"red": 0.0, "yellow": 0.14, "green": 0.36, "blue": 0.6}  # in turns
OBJECTS = tuple(f"{hue} {shape}" for shape in SHAPES for hue in HUES)
SIDE = 64
CLUTTER = 5  # distracting blobs a picture
GRID = ((-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5))  # centres of the cells, x and y
OCCUPIED = 0.62  # share of the cells that hold a thing
CROWDED = 20  # every so many pictures one cell holds a crowd
MEMBERS = 6  # of a crowd


def draw_objects(labels: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Pictures of ``OBJECTS[label]``; uint8, (N, 3, 64, 64)."""
    count = len(labels)
    shape, hue = labels // len(HUES), labels % len(HUES)
    canvas = _ground(count, SIDE, CLUTTER, draw)
    place, size, angle = draw.uniform(-0.2, 0.2, (2, count)), draw.uniform(0.5, 0.75, count), draw.uniform(-0.3, 0.3, count)
    stretch = draw.uniform(0.85, 1.15, count)
    turns = (np.array(list(HUES.values()))[hue] + draw.normal(0, 0.03, count)) % 1
    paint = colours(turns, draw.uniform(0.65, 0.95, count), draw.uniform(0.65, 0.95, count))
    drawn = chosen(outlines(canvas, place, size * stretch, size / stretch, angle), shape)
    canvas.paint(drawn, paint, draw.uniform(0.8, 1, count))
    return canvas.finished(draw, 0.06)


def draw_things(count: int, side: int, draw: np.random.Generator) -> tuple[np.ndarray, list[Things]]:
    """Pictures of up to four things of any colour, with what can be seen in each.

    Labels are the places of ``SHAPES``, counted from 1. The first picture is empty; in every 20th one cell holds six small
    discs that are annotated as one crowd.

    Parameters
    ----------
    count
        Pictures, N.
    side
        Of the pictures, in pixels, S.

    Returns
    -------
    tuple
        uint8, (N, 3, S, S), and a :class:`Things` for each.
    """
    canvas = _ground(count, side, CLUTTER - 1, draw)
    layers = Layers(count, side)
    crowded = np.where(np.arange(count) % CROWDED == CROWDED - 1, draw.integers(0, len(GRID), count), -1)
    for cell, centre in enumerate(GRID):
        crowd = crowded == cell
        there = ((draw.random(count) < OCCUPIED) & (np.arange(count) > 0)) | crowd
        kind = np.where(crowd, SHAPES.index("disc"), draw.integers(0, len(SHAPES), count))
        half = draw.uniform(0.3, 0.95, count) / 2  # a cell's half is half of the canvas' half
        place = np.array(centre)[:, None] + draw.uniform(-0.125, 0.125, (2, count))
        distance = chosen(outlines(canvas, place, half, half, draw.uniform(-0.3, 0.3, count)), kind)
        members = np.array(centre)[:, None, None] + draw.uniform(-0.35, 0.35, (2, MEMBERS, count))
        small = draw.uniform(0.06, 0.12, (MEMBERS, count))
        discs = [
            canvas.ellipse(members[0, member], members[1, member], small[member], small[member]) for member in range(MEMBERS)
        ]
        distance = np.where(crowd[:, None, None], np.minimum.reduce(discs), distance)
        paint = colours(draw.random(count), draw.uniform(0.65, 0.95, count), draw.uniform(0.65, 0.95, count))
        canvas.paint(distance, paint, there * draw.uniform(0.8, 1, count))
        layers.add(distance, kind + 1, there, crowd)
    return canvas.finished(draw, 0.06), layers.things()


def _ground(count: int, side: int, blobs: int, draw: np.random.Generator) -> Canvas:
    ground = colours(draw.random(count), draw.uniform(0, 0.15, count), draw.uniform(0.35, 0.7, count))
    canvas = Canvas(ground, side)
    for _ in range(blobs):
        x, y = draw.uniform(-1, 1, (2, count))
        across, down = draw.uniform(0.08, 0.4, (2, count))
        blob = canvas.ellipse(x, y, across, down, draw.uniform(0, 3.14, count))
        canvas.paint(blob, colours(draw.random(count), draw.uniform(0, 0.3, count), draw.uniform(0.35, 0.75, count)), 0.5)
    return canvas
