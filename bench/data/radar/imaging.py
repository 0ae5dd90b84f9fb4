"""How a SAR images ships on the sea: coherent field, band-limited response, looks, 8-bit amplitude.

Sea: K-distributed, a gamma-distributed texture times circular Gaussian speckle (Ward, 1981). Response: the spectrum cut to
the resolution and weighted by a Hamming window, whose side lobes show beside bright points; a quadratic phase in azimuth
blurs ships that move. The intensities of independent looks are averaged, and amplitude is stretched until one percent
of the chip is white.
"""

from __future__ import annotations

import numpy as np

from bench.data.radar.ships import Ships

SIDE = 64  # pixels
LOOKS = 4
SHAPE = 6.0  # of the sea's gamma texture; smaller is spikier
HAMMING = 0.72  # close to Sentinel-1's processor; 1 would be a plain sinc
WHITE = 0.99  # quantile of a chip's amplitude that is shown white
NOISE = 0.15  # thermal, mean intensity relative to the sea


def form_images(ships: Ships, draw: np.random.Generator, clutter: bool = True) -> np.ndarray:
    """8-bit amplitude chips.

    Parameters
    ----------
    ships
        N ships.
    clutter
        Whether sea, speckle and thermal noise are there at all.

    Returns
    -------
    numpy.ndarray
        uint8, (N, 64, 64); rows are azimuth, columns range.
    """
    count = len(ships.length)
    response = _response(count, draw)
    corners = _corners(ships)
    deck = _deck(ships)
    backscatter = np.sqrt(deck)
    if clutter:
        texture = draw.gamma(SHAPE, 1 / SHAPE, (count, SIDE // 4, SIDE // 4)).repeat(4, axis=1).repeat(4, axis=2)
        backscatter = np.sqrt(deck + texture)
    backscatter = backscatter.astype(np.float32)
    intensity = np.zeros((count, SIDE, SIDE), dtype=np.float32)
    for _ in range(LOOKS):
        phase = draw.uniform(0, 2 * np.pi, ships.amplitude.shape)
        field = _points(*corners, phase)
        if clutter:
            field += backscatter * _speckle(draw, field.shape)
        else:
            field += backscatter
        image = np.fft.ifft2(np.fft.fft2(field) * response)
        if clutter:
            image += np.float32(np.sqrt(NOISE)) * _speckle(draw, field.shape)
        intensity += np.square(image.real) + np.square(image.imag)
    amplitude = np.sqrt(intensity)
    white = np.quantile(amplitude.reshape(count, -1), WHITE, axis=1)[:, None, None]
    return np.round(255 * np.minimum(amplitude / white, 1)).astype(np.uint8)


def _speckle(draw: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Circular Gaussian of unit mean intensity."""
    parts = draw.standard_normal((*shape, 2), dtype=np.float32)
    return parts.view(np.complex64)[..., 0] * np.float32(np.sqrt(0.5))


def _response(count: int, draw: np.random.Generator) -> np.ndarray:
    """The system's transfer function, complex64, (N, 64, 64)."""
    frequency = np.fft.fftfreq(SIDE)[None, :]

    def window(resolution: np.ndarray) -> np.ndarray:
        band = frequency * resolution[:, None]
        return np.where(np.abs(band) <= 0.5, HAMMING + (1 - HAMMING) * np.cos(2 * np.pi * band), 0)

    in_range, in_azimuth = (window(draw.uniform(1.3, 1.9, count)) for _ in range(2))
    motion = np.exp(1j * np.pi * draw.uniform(-3, 3, (count, 1)) * (2 * frequency) ** 2)
    return ((in_azimuth * motion)[:, :, None] * in_range[:, None, :]).astype(np.complex64)


def _deck(ships: Ships) -> np.ndarray:
    """Mean intensity of the hull on the grid, (N, 64, 64); it tapers to the bow."""
    along, across = _ship_frame(ships)
    width = np.sqrt(np.clip((1 - along) / 0.35, 0, 1)) * (np.abs(along) <= 1)
    inside = np.clip((width - np.abs(across)) * ships.beam[:, None, None] / 2 + 0.5, 0, 1)
    return ships.hull[:, None, None] * inside * (width > 0)


def _ship_frame(ships: Ships) -> tuple[np.ndarray, np.ndarray]:
    axis = np.arange(SIDE) - (SIDE - 1) / 2
    cosine, sine = np.cos(ships.heading)[:, None, None], np.sin(ships.heading)[:, None, None]
    x = axis[None, None, :] - ships.centre[:, 0, None, None]
    y = axis[None, :, None] - ships.centre[:, 1, None, None]
    along = (x * cosine + y * sine) / (ships.length / 2)[:, None, None]
    across = (y * cosine - x * sine) / (ships.beam / 2)[:, None, None]
    return along, across


def _corners(ships: Ships) -> tuple[np.ndarray, np.ndarray]:
    """The four pixels around each scatterer and its amplitude's share in each; flat index and weight, (4, N, P)."""
    cosine, sine = np.cos(ships.heading)[:, None], np.sin(ships.heading)[:, None]
    forward, sideways = ships.along * ships.length[:, None] / 2, ships.across * ships.beam[:, None] / 2
    x = (SIDE - 1) / 2 + ships.centre[:, :1] + forward * cosine - sideways * sine
    y = (SIDE - 1) / 2 + ships.centre[:, 1:] + forward * sine + sideways * cosine
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    chip = np.arange(len(x))[:, None]
    index, weight = [], []
    for down, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
        row, column = np.clip(top + down, 0, SIDE - 1), np.clip(left + right, 0, SIDE - 1)
        index.append((chip * SIDE + row) * SIDE + column)
        weight.append(ships.amplitude * np.abs(1 - down - (y - top)) * np.abs(1 - right - (x - left)))
    return np.stack(index), np.stack(weight)


def _points(index: np.ndarray, weight: np.ndarray, phase: np.ndarray) -> np.ndarray:
    """The scatterers on the grid; complex64, (N, 64, 64)."""
    value, flat, size = weight * np.exp(1j * phase), index.ravel(), phase.shape[0] * SIDE * SIDE
    field = np.empty(size, dtype=np.complex64)
    field.real = np.bincount(flat, value.real.ravel(), size)
    field.imag = np.bincount(flat, value.imag.ravel(), size)
    return field.reshape(-1, SIDE, SIDE)
