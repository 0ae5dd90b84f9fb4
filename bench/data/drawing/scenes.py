"""Birds before a landscape whose eight kinds differ in three small marks: crown, wing bars, tail."""

from __future__ import annotations

import numpy as np

from bench.data.drawing.canvas import Canvas, colours

SCENES = tuple(
    f"{crown} crown, {wing} wing, {tail} tail"
    for crown in ("dark", "red")
    for wing in ("plain", "barred")
    for tail in ("short", "long")
)
SIDE = 96


def draw_scenes(labels: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Pictures of ``SCENES[label]``; uint8, (N, 3, 96, 96)."""
    count = len(labels)
    red, barred, long = labels // 4 % 2, labels // 2 % 2, labels % 2
    canvas = _landscape(count, draw)
    x, y = draw.uniform(-0.15, 0.15, count), draw.uniform(-0.15, 0.2, count)
    size = draw.uniform(0.85, 1.1, count)
    facing = draw.choice([-1.0, 1.0], count)
    feathers = colours(draw.uniform(0.05, 0.12, count), draw.uniform(0.2, 0.5, count), draw.uniform(0.45, 0.75, count))
    tail = size * np.where(long, draw.uniform(0.42, 0.55, count), draw.uniform(0.16, 0.26, count))
    lean = facing * draw.uniform(0.1, 0.3, count)
    canvas.paint(canvas.box(x - facing * (0.42 * size + tail), y + 0.08, tail, 0.09 * size, lean), 0.75 * feathers)
    canvas.paint(canvas.ellipse(x, y, 0.52 * size, 0.34 * size, lean), feathers)
    head = x + facing * 0.48 * size, y - 0.34 * size
    canvas.paint(canvas.ellipse(*head, 0.22 * size, 0.2 * size), feathers)
    beak = canvas.triangle(head[0] + facing * 0.28 * size, head[1] + 0.02, 0.07 * size, 0.11 * size, facing * np.pi / 2)
    canvas.paint(beak, np.array([0.25, 0.22, 0.2]))
    hue = np.where(red, 0.99, 0.6)
    crown = colours(
        hue % 1, np.where(red, 0.85, 0.25), np.where(red, draw.uniform(0.6, 0.9, count), draw.uniform(0.15, 0.35, count))
    )
    canvas.paint(canvas.ellipse(head[0], head[1] - 0.11 * size, 0.2 * size, 0.12 * size), crown)
    canvas.paint(canvas.ellipse(head[0] + facing * 0.08 * size, head[1] - 0.0 * size, 0.035, 0.035), np.zeros(3))
    wing = x - facing * 0.06 * size, y - 0.02 * size
    canvas.paint(canvas.ellipse(*wing, 0.34 * size, 0.18 * size, lean), 0.7 * feathers)
    for step in (-0.16, 0.0, 0.16):
        bar = canvas.box(wing[0] + step * size, wing[1], 0.035 * size, 0.14 * size, lean)
        canvas.paint(bar, np.array([0.95, 0.93, 0.88]), 0.9 * barred)
    return canvas.finished(draw, 0.04)


def _landscape(count: int, draw: np.random.Generator) -> Canvas:
    sky = colours(draw.uniform(0.5, 0.62, count), draw.uniform(0.1, 0.45, count), draw.uniform(0.6, 0.95, count))
    canvas = Canvas(sky, SIDE)
    for level in (0.0, 0.35, 0.7):
        green = colours(draw.uniform(0.2, 0.42, count), draw.uniform(0.2, 0.6, count), draw.uniform(0.3, 0.65, count))
        hill = canvas.ellipse(
            draw.uniform(-0.8, 0.8, count), level + 1.0, draw.uniform(1.2, 2.2, count), draw.uniform(0.8, 1.1, count)
        )
        canvas.paint(hill, green)
    for _ in range(4):
        x, y = draw.uniform(-1, 1, (2, count))
        across, down = draw.uniform(0.05, 0.16, (2, count))
        leaf = canvas.ellipse(x, y, across, down, draw.uniform(0, 3.14, count))
        canvas.paint(leaf, colours(draw.uniform(0.05, 0.45, count), 0.5, draw.uniform(0.3, 0.7, count)), 0.7)
    return canvas
