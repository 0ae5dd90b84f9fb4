"""Ships as a radar sees them: a hull and point scatterers whose layout depends on the class.

Positions are in the ship's own frame: ``along`` from -1 (stern) to 1 (bow), ``across`` from -1 to 1 (the two sides). Layouts
follow what is described for high-resolution images of merchant ships: hatch rows of bulk carriers, container stacks, the pipe
along a tanker's deck, cranes of general cargo ships, walls of car carriers, and a deckhouse aft on most of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Points = tuple[np.ndarray, np.ndarray, np.ndarray]  # along, across, amplitude; each (n, points)

DROPOUT = 0.15  # share of scatterers that happen not to answer
DECKHOUSE = 6  # scatterers
POINT = 2.8  # amplitude of a scatterer of strength 1, relative to the sea's mean amplitude
CONTRAST = (1.2, 2.0)  # the sea differs from scene to scene: a ship's amplitude is this much of what LAYOUTS implies


@dataclass(frozen=True)
class Ships:
    """Ships and their scatterers.

    Attributes
    ----------
    length, beam
        In pixels, (N,).
    heading
        In radians from the range axis, (N,).
    centre
        Range and azimuth from the chip's centre in pixels, (N, 2).
    hull
        Mean intensity of the deck relative to the sea, (N,).
    along, across, amplitude
        Scatterers, (N, P); an amplitude of 0 is none. The sea's mean amplitude is 1.
    """

    length: np.ndarray
    beam: np.ndarray
    heading: np.ndarray
    centre: np.ndarray
    hull: np.ndarray
    along: np.ndarray
    across: np.ndarray
    amplitude: np.ndarray


def ships_of(classes: Sequence[str], draw: np.random.Generator) -> Ships:
    """One ship for each class name, at random size, heading and place.

    Parameters
    ----------
    classes
        Names from the stand-ins' ``DATASETS``, (N,).
    """
    count = len(classes)
    length = draw.uniform(32, 54, count)
    ratio, hull = np.empty(count), np.empty(count)
    points = [np.zeros((count, 64)) for _ in range(3)]
    words = np.array(classes)
    for word in dict.fromkeys(classes):
        chosen = np.flatnonzero(words == word)
        mean_ratio, size, deck, layout = LAYOUTS[word]
        length[chosen] *= size
        ratio[chosen] = mean_ratio * draw.uniform(0.85, 1.15, len(chosen))
        hull[chosen] = deck * draw.uniform(0.6, 1.6, len(chosen))
        for values, own in zip(points, layout(len(chosen), draw), strict=True):
            values[chosen, : own.shape[1]] = own
    along, across, amplitude = points
    amplitude = POINT * amplitude * draw.lognormal(0, 0.3, amplitude.shape) * (draw.random(amplitude.shape) > DROPOUT)
    contrast = CONTRAST[0] * (CONTRAST[1] / CONTRAST[0]) ** draw.random(count)
    return Ships(
        length=length,
        beam=length / ratio,
        heading=draw.uniform(0, 2 * np.pi, count),
        centre=draw.uniform(-4, 4, (count, 2)),
        hull=hull * contrast**2,
        along=along,
        across=across,
        amplitude=amplitude * contrast[:, None],
    )


def _deckhouse(n: int, draw: np.random.Generator, along: float, amplitude: float) -> Points:
    place = along + draw.uniform(-0.08, 0.08, (n, 1))
    return (
        place + draw.uniform(-0.06, 0.06, (n, DECKHOUSE)),
        draw.uniform(-0.8, 0.8, (n, DECKHOUSE)),
        np.full((n, DECKHOUSE), amplitude),
    )


def _joined(*groups: Points) -> Points:
    along, across, amplitude = (np.concatenate(values, axis=1) for values in zip(*groups, strict=True))
    return along, across, amplitude


def _bulk_carrier(n: int, draw: np.random.Generator) -> Points:
    """Hatch covers in a row, each with a bright edge on either side."""
    number = draw.integers(4, 8, (n, 1))
    index = np.arange(8)[None, :]
    place = -0.6 + 1.4 * index / np.maximum(number - 1, 1) + draw.normal(0, 0.02, (n, 8))
    along = np.repeat(place, 3, axis=1)
    across = np.tile([-0.6, 0.0, 0.6], (n, 8)) + draw.normal(0, 0.05, (n, 24))
    amplitude = np.repeat((index < number) * 8.0, 3, axis=1)
    return _joined((along, across, amplitude), _deckhouse(n, draw, -0.85, 10.0))


def _container_ship(n: int, draw: np.random.Generator) -> Points:
    """Stacks all over the deck, uneven in height; the deckhouse stands further forward."""
    along = draw.uniform(-0.9, 0.85, (n, 45))
    across = draw.choice([-0.7, -0.25, 0.25, 0.7], (n, 45)) + draw.normal(0, 0.05, (n, 45))
    amplitude = 7.0 * draw.lognormal(0, 0.4, (n, 45))
    return _joined((along, across, amplitude), _deckhouse(n, draw, -0.45, 10.0))


def _tanker(n: int, draw: np.random.Generator) -> Points:
    """A pipe along the middle and a manifold across it amidships."""
    along = np.linspace(-0.65, 0.85, 24)[None, :] + draw.normal(0, 0.02, (n, 24))
    across = draw.normal(0, 0.06, (n, 24))
    manifold = np.broadcast_to(draw.uniform(-0.1, 0.2, (n, 1)), (n, 5)), np.tile(np.linspace(-0.8, 0.8, 5), (n, 1))
    return _joined(
        (along, across, np.full((n, 24), 4.0)),
        (manifold[0], manifold[1], np.full((n, 5), 10.0)),
        _deckhouse(n, draw, -0.85, 10.0),
    )


def _general_cargo(n: int, draw: np.random.Generator) -> Points:
    """Two or three cranes on one side over dark holds."""
    cranes = np.array([-0.3, 0.15, 0.6])[None, :] + draw.normal(0, 0.05, (n, 3))
    along = np.repeat(cranes, 3, axis=1) + draw.normal(0, 0.02, (n, 9))
    side = draw.choice([-0.7, 0.7], (n, 1))
    across = side + draw.normal(0, 0.1, (n, 9))
    amplitude = np.repeat((np.arange(3) < draw.integers(2, 4, (n, 1))) * 13.0, 3, axis=1)
    return _joined((along, across, amplitude), _deckhouse(n, draw, -0.8, 9.0))


def _fishing(n: int, draw: np.random.Generator) -> Points:
    """Short and beamy, one bright house and a mast."""
    return _joined(
        _deckhouse(n, draw, 0.3, 12.0),
        (draw.uniform(-0.8, -0.3, (n, 4)), draw.uniform(-0.5, 0.5, (n, 4)), np.full((n, 4), 6.0)),
    )


def _other_cargo(n: int, draw: np.random.Generator) -> Points:
    """A box: bright walls all around, the bridge forward, as on car carriers."""
    along = np.tile(np.linspace(-0.9, 0.8, 16), (n, 2)) + draw.normal(0, 0.02, (n, 32))
    across = np.repeat([[-0.95, 0.95]], 16, axis=1).repeat(n, axis=0) + draw.normal(0, 0.03, (n, 32))
    return _joined((along, across, np.full((n, 32), 6.0)), _deckhouse(n, draw, 0.75, 9.0))


def _others(n: int, draw: np.random.Generator) -> Points:
    """No common plan: a house amidships and anything around it."""
    number = draw.integers(4, 20, (n, 1))
    along, across = draw.uniform(-0.9, 0.9, (n, 20)), draw.uniform(-0.8, 0.8, (n, 20))
    return _joined((along, across, (np.arange(20)[None, :] < number) * 7.0), _deckhouse(n, draw, 0.05, 10.0))


# Length over beam, size relative to the others, mean intensity of the deck, layout.
LAYOUTS: dict[str, tuple[float, float, float, Callable[[int, np.random.Generator], Points]]] = {
    "bulk carrier": (5.0, 1.0, 12, _bulk_carrier),
    "container ship": (7.0, 1.1, 40, _container_ship),
    "tanker": (5.6, 0.95, 3, _tanker),
    "general cargo": (5.6, 0.85, 6, _general_cargo),
    "fishing": (3.6, 0.55, 12, _fishing),
    "other cargo": (5.0, 0.95, 8, _other_cargo),
    "others": (4.4, 0.75, 12, _others),
}
