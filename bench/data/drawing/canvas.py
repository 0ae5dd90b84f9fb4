"""Shapes as signed distances, and a canvas that paints them with soft edges.

Coordinates run from -1 to 1 over the picture, x to the right and y downwards. Every parameter of a shape is a number or an
array of one number per picture, (N,).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

Field = np.ndarray  # (N, S, S); of distances, negative inside, or of coverage in [0, 1]


class Canvas:
    """N square pictures that are painted layer by layer.

    Parameters
    ----------
    background
        Colours in [0, 1], (N, C).
    side
        Pixels.
    """

    def __init__(self, background: np.ndarray, side: int) -> None:
        count, channels = background.shape
        axis = (np.arange(side) + 0.5) * (2 / side) - 1
        self.side = side
        self.x, self.y = axis[None, None, :], axis[None, :, None]
        self.pixels = np.empty((count, side, side, channels))
        self.pixels[:] = background[:, None, None, :]

    def paint(self, distance: Field, colour: np.ndarray, opacity: ArrayLike = 1.0) -> None:
        """Cover the inside of a shape with a colour, (C,) or (N, C)."""
        coverage = np.clip(0.5 - distance * self.side / 2, 0, 1) * _each(opacity)
        layer = np.broadcast_to(np.asarray(colour), (len(self.pixels), self.pixels.shape[3]))[:, None, None, :]
        self.pixels += coverage[..., None] * (layer - self.pixels)

    def ellipse(self, x: ArrayLike, y: ArrayLike, across: ArrayLike, down: ArrayLike, angle: ArrayLike = 0.0) -> Field:
        """Half axes ``across`` and ``down``."""
        u, v = self._turned(x, y, angle)
        a, b = _each(across), _each(down)
        inside: Field = (np.sqrt((u / a) ** 2 + (v / b) ** 2) - 1) * np.minimum(a, b)
        return inside

    def box(self, x: ArrayLike, y: ArrayLike, across: ArrayLike, down: ArrayLike, angle: ArrayLike = 0.0) -> Field:
        """Half sides ``across`` and ``down``."""
        u, v = self._turned(x, y, angle)
        return np.maximum(np.abs(u) - _each(across), np.abs(v) - _each(down))

    def triangle(self, x: ArrayLike, y: ArrayLike, across: ArrayLike, down: ArrayLike, angle: ArrayLike = 0.0) -> Field:
        """Isosceles, apex up; half base ``across``, half height ``down``."""
        u, v = self._turned(x, y, angle)
        a, b = _each(across), _each(down)
        slope = (2 * b * np.abs(u) - a * (v + b)) / np.sqrt(4 * b**2 + a**2)
        return np.maximum(slope, v - b)

    def curve(
        self, x: ArrayLike, y: ArrayLike, half: ArrayLike, sag: ArrayLike, width: ArrayLike, tilt: ArrayLike = 0.0
    ) -> Field:
        """A stroke about (x, y): ``sag`` is how far its middle lies below its ends, ``tilt`` its slope."""
        u, v = self._turned(x, y, 0.0)
        share = u / _each(half)
        path = _each(sag) * (0.5 - share**2) + _each(tilt) * u
        slope = _each(tilt) - 2 * _each(sag) * share / _each(half)
        return np.maximum(np.abs(v - path) / np.sqrt(1 + slope**2) - _each(width), np.abs(u) - _each(half))

    def _turned(self, x: ArrayLike, y: ArrayLike, angle: ArrayLike) -> tuple[Field, Field]:
        dx, dy = self.x - _each(x), self.y - _each(y)
        cosine, sine = np.cos(_each(angle)), np.sin(_each(angle))
        return dx * cosine + dy * sine, dy * cosine - dx * sine

    def finished(self, draw: np.random.Generator, noise: float) -> np.ndarray:
        """Add Gaussian noise of standard deviation ``noise``; uint8, (N, C, S, S)."""
        pixels = self.pixels + draw.normal(0, noise, self.pixels.shape)
        return np.ascontiguousarray(np.round(255 * np.clip(pixels, 0, 1)).astype(np.uint8).transpose(0, 3, 1, 2))


def colours(hue: np.ndarray, saturation: ArrayLike, value: ArrayLike) -> np.ndarray:
    """RGB in [0, 1], (N, 3), of a hue in turns, saturation and value."""
    wheel = (np.array([5.0, 3.0, 1.0])[None, :] + 6 * np.asarray(hue)[:, None]) % 6
    ramp = np.clip(np.minimum(wheel, 4 - wheel), 0, 1)
    value = np.broadcast_to(np.asarray(value, dtype=float), (len(wheel),))[:, None]
    saturation = np.broadcast_to(np.asarray(saturation, dtype=float), (len(wheel),))[:, None]
    return value * (1 - saturation * ramp)


def _each(value: ArrayLike) -> np.ndarray:
    return np.asarray(value, dtype=float).reshape(-1, 1, 1)
