"""Grey line drawings of faces with seven expressions."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bench.data.drawing.canvas import Canvas

SIDE = 48


class Pose(NamedTuple):
    """How an expression moves a face: means; every drawing varies about them."""

    mouth: float  # sag of the mouth, positive smiles
    open: float  # half height of the open mouth
    brow: float  # slope of the brows, positive is down to the nose
    raised: float  # height of the brows
    eye: float  # half height of the eyes
    nose: float  # strength of the wrinkles beside the nose


POSES = {
    "angry": Pose(-0.08, 0.0, 0.35, -0.05, 0.07, 0.2),
    "disgust": Pose(-0.13, 0.03, 0.2, -0.03, 0.05, 1.0),
    "fear": Pose(-0.03, 0.08, -0.25, 0.07, 0.12, 0.0),
    "happy": Pose(0.17, 0.04, -0.03, 0.02, 0.07, 0.1),
    "neutral": Pose(0.0, 0.0, 0.0, 0.0, 0.08, 0.0),
    "sad": Pose(-0.15, 0.0, -0.25, 0.0, 0.06, 0.0),
    "surprise": Pose(0.0, 0.15, -0.05, 0.12, 0.13, 0.0),
}
EXPRESSIONS = tuple(POSES)
SPREAD = Pose(0.035, 0.018, 0.09, 0.025, 0.015, 0.15)  # standard deviations


def draw_faces(labels: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Drawings of ``EXPRESSIONS[label]``; uint8, (N, 1, 48, 48)."""
    count = len(labels)
    means = np.array(list(POSES.values()))[labels]
    pose = Pose(*(means + draw.normal(0, 1, means.shape) * np.array(SPREAD)).T)
    canvas = Canvas(draw.uniform(0.1, 0.6, (count, 1)), SIDE)
    skin, ink = draw.uniform(0.55, 0.9, (count, 1)), draw.uniform(0.0, 0.25, (count, 1))
    x, y, size = draw.uniform(-0.1, 0.1, count), draw.uniform(-0.08, 0.08, count), draw.uniform(0.9, 1.1, count)
    canvas.paint(canvas.ellipse(x, y - 0.2, 0.7 * size, 0.75 * size), ink + 0.1)  # hair
    canvas.paint(canvas.ellipse(x, y + 0.05, draw.uniform(0.58, 0.68, count) * size, 0.82 * size), skin)
    apart = draw.uniform(0.24, 0.3, count) * size
    for side in (-1.0, 1.0):
        eye = x + side * apart, y - 0.15 * size
        canvas.paint(canvas.ellipse(*eye, 0.13 * size, np.maximum(pose.eye, 0.03) * size), np.minimum(skin + 0.2, 1))
        canvas.paint(canvas.ellipse(*eye, 0.05 * size, np.minimum(0.05, np.maximum(pose.eye, 0.03)) * size), ink)
        height = y - (0.33 + pose.raised) * size
        canvas.paint(canvas.curve(eye[0], height, 0.16 * size, -0.03, 0.03, -side * pose.brow), ink)
        wrinkle = canvas.curve(x + side * 0.17 * size, y + 0.12, 0.09 * size, 0.0, 0.02, side * 1.2)
        canvas.paint(wrinkle, ink, np.clip(pose.nose, 0, 1))
    canvas.paint(canvas.curve(x, y + 0.18 * size, 0.07 * size, 0.05, 0.02), ink, 0.6)
    wide = draw.uniform(0.24, 0.32, count) * size
    mouth = canvas.curve(x, y + 0.48 * size, wide, pose.mouth * 2, 0.03)
    gape = canvas.ellipse(x, y + 0.48 * size, 0.6 * wide, np.maximum(pose.open, 0.005) * size)
    canvas.paint(np.minimum(mouth, gape), ink)
    return canvas.finished(draw, 0.06)
