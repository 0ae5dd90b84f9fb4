"""OpenSARShip: Sentinel-1 ship chips matched with AIS, read from the scene archives as distributed.

Huang et al., "OpenSARShip: A Dataset Dedicated to Sentinel-1 Ship Interpretation", IEEE JSTARS 11(1), 2018, and version 2.0
(Li et al., 2017). Layout, options and counts: docs/data.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from bench.data.sentinel import Chip, Scene, read_scenes
from bench.data.store.datasets import Sample
from bench.data.store.source import Source
from bench.data.store.splits import balanced_split
from bench.data.store.tiff import read_tiff, varied
from bench.plan import BenchError

DATASETS = {
    "opensarship": {
        "title": "OpenSARShip",
        "classes": ["bulk carrier", "container ship", "tanker"],
        "channels": 1,
        "stand_in": False,
        "version": 3,
        "options": {"product": ["uint8", "cal"], "polarisation": ["vv", "vh", "both"], "split": ["ship", "balanced"]},
        "folders": ["opensarship"],
        "licence": "free for research, by its authors' terms; not redistributed here",
        "source": "Huang et al., IEEE JSTARS 2018; Sentinel-1, Copernicus",
        "layout": "opensarship/<scene>.zip or opensarship/<scene>/, as distributed (versions 1 and 2), or an archive of these",
    },
}
DECIBELS = (
    -30.0,
    20.0,
)  # what black and white of the calibrated product stand for: sea at VH to the brightest percent of ships at VV


class _Found(NamedTuple):
    scene: str
    x: int
    y: int
    label: int
    ship: str
    pixels: np.ndarray

    @property
    def name(self) -> str:
        return f"{self.scene}, x{self.x} y{self.y}"


def samples(source: Source) -> Iterator[Sample]:
    """Chips of the three classes.

    ``product``: ``uint8`` (amplitude, each chip stretched to its own maximum) or ``cal`` (calibrated intensity in dB, one
    scale for all). ``polarisation``: ``vv``, ``vh``, or ``both`` (three channels: VV, VH and their mean). ``split``: ``ship``
    (70/30, no ship in both) or ``balanced`` (as many training chips of every class, by chip).
    """
    product, polarisation = source.options["product"], source.options["polarisation"]
    bands = ("vv", "vh") if polarisation == "both" else (polarisation,)
    found: list[_Found] = []
    left_out: Counter[str] = Counter()
    for scene in read_scenes(source.files, source.problems, source.notes):
        for chip in scene.chips:
            label = class_of(chip.elaborated_type)
            if label is None:
                left_out["of another or no type"] += 1
            elif any(band not in scene.polarisations for band in bands):
                left_out[f"without {polarisation.upper() if polarisation != 'both' else 'both polarisations'}"] += 1
            else:
                try:
                    found.append(_Found(scene.name, chip.x, chip.y, label, chip.ship, _pixels(scene, chip, product, bands)))
                except BenchError as error:
                    source.problems.append(str(error))
    if not found and not source.problems:
        raise BenchError("no chip of any class; expected scene archives (.zip) or unpacked scenes with Ship.xml")
    ships, scenes = ({getattr(each, part) for each in found} for part in ("ship", "scene"))
    source.notes.insert(0, f"{len(found)} chips of {len(ships)} ships in {len(scenes)} scenes")
    source.notes += [f"left out: {count} chips {why}" for why, count in sorted(left_out.items())]
    found.sort(key=lambda each: each[:3])
    splits = _balanced(source, found) if source.options["split"] == "balanced" else [None] * len(found)
    for each, split in zip(found, splits, strict=True):
        yield Sample(source.classes[each.label], split, each.name, each.pixels, each.ship)


def _balanced(source: Source, found: list[_Found]) -> list[str]:
    """The split of each chip where classes are balanced; how many ships are in both is noted."""
    is_test = balanced_split(np.array([each.label for each in found]), [each.name for each in found])
    trained = {each.ship for each, test in zip(found, is_test, strict=True) if not test}
    known = sum(each.ship in trained for each, test in zip(found, is_test, strict=True) if test)
    source.notes.append(
        f"split by chip, training classes of one size: {known} of {is_test.sum()} test chips show a ship of a training chip"
    )
    return ["test" if test else "train" for test in is_test]


def class_of(elaborated_type: str) -> int | None:
    """The class that a ship's ``Elaborated_type`` belongs to; ``None`` for every other type.

    Every type that names a tanker counts as one (oil, chemical, LPG...), as in the works that report three classes.
    """
    words = elaborated_type.lower()
    if words == "bulk carrier":
        return 0
    if words == "container ship":
        return 1
    return 2 if "tanker" in words.replace("/", " ").split() else None


def _pixels(scene: Scene, chip: Chip, product: str, bands: tuple[str, ...]) -> np.ndarray:
    if product == "uint8":
        layers = [_band(scene, chip, band) for band in bands]
    else:
        name = scene.member("Patch_Cal", chip, None)
        calibrated = read_tiff(scene.read(name), f"{scene.label}: '{name}'")
        calibrated = calibrated[..., None] if calibrated.ndim == 2 else calibrated
        if calibrated.shape[2] != len(scene.polarisations):
            raise BenchError(f"{scene.label}: '{name}' has {calibrated.shape[2]} bands, expected {len(scene.polarisations)}")
        # The files hold VH before VV: each band's square root is the 8-bit chip of that polarisation.
        layers = [
            _decibels(varied(calibrated[..., sorted(scene.polarisations).index(band)], f"{scene.label}: '{name}'"))
            for band in bands
        ]
    if len(layers) == 1:
        return layers[0]
    if layers[0].shape != layers[1].shape:
        raise BenchError(f"{scene.label}: the chips at x{chip.x}, y{chip.y} differ in size between polarisations")
    vv, vh = (layer.astype(np.float32) for layer in layers)
    return np.stack([vv, vh, (vv + vh) / 2], axis=-1)


def _band(scene: Scene, chip: Chip, band: str) -> np.ndarray:
    name = scene.member("Patch_Uint8", chip, band)
    pixels = read_tiff(scene.read(name), f"{scene.label}: '{name}'")
    if pixels.dtype != np.uint8 or pixels.ndim != 2:
        raise BenchError(f"{scene.label}: '{name}' holds {pixels.dtype} of shape {pixels.shape}, expected grey uint8")
    return varied(pixels, f"{scene.label}: '{name}'")


def _decibels(intensity: np.ndarray) -> np.ndarray:
    low, high = DECIBELS
    level = 10 * np.log10(np.maximum(intensity.astype(np.float32), 1e-6))
    return np.clip((level - low) / (high - low) * 255, 0, 255)
