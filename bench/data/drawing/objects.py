"""Coloured things on a cluttered ground: five shapes in four colours."""

from __future__ import annotations

import numpy as np

from bench.data.drawing.canvas import Canvas, Field, colours

SHAPES = ("disc", "square", "triangle", "ring", "cross")
HUES = {"red": 0.0, "yellow": 0.14, "green": 0.36, "blue": 0.6}  # in turns
OBJECTS = tuple(f"{hue} {shape}" for shape in SHAPES for hue in HUES)
SIDE = 64
CLUTTER = 5  # distracting blobs a picture


def draw_objects(labels: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Pictures of ``OBJECTS[label]``; uint8, (N, 3, 64, 64)."""
    count = len(labels)
    shape, hue = labels // len(HUES), labels % len(HUES)
    ground = colours(draw.random(count), draw.uniform(0, 0.15, count), draw.uniform(0.35, 0.7, count))
    canvas = Canvas(ground, SIDE)
    for _ in range(CLUTTER):
        x, y = draw.uniform(-1, 1, (2, count))
        across, down = draw.uniform(0.08, 0.4, (2, count))
        blob = canvas.ellipse(x, y, across, down, draw.uniform(0, 3.14, count))
        canvas.paint(blob, colours(draw.random(count), draw.uniform(0, 0.3, count), draw.uniform(0.35, 0.75, count)), 0.5)
    place, size, angle = draw.uniform(-0.2, 0.2, (2, count)), draw.uniform(0.5, 0.75, count), draw.uniform(-0.3, 0.3, count)
    stretch = draw.uniform(0.85, 1.15, count)
    turns = (np.array(list(HUES.values()))[hue] + draw.normal(0, 0.03, count)) % 1
    paint = colours(turns, draw.uniform(0.65, 0.95, count), draw.uniform(0.65, 0.95, count))
    shapes = outlines(canvas, place, size * stretch, size / stretch, angle)
    chosen = np.select([shape[:, None, None] == index for index in range(len(SHAPES))], shapes)
    canvas.paint(chosen, paint, draw.uniform(0.8, 1, count))
    return canvas.finished(draw, 0.06)


def outlines(canvas: Canvas, place: np.ndarray, across: np.ndarray, down: np.ndarray, angle: np.ndarray) -> list[Field]:
    """Distances to each of ``SHAPES`` about ``place``, (2, N), with half sizes ``across`` and ``down``."""
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
