"""OpenSARShip: Sentinel-1 ship chips matched with AIS, read from the scene archives as distributed.

Huang et al., "OpenSARShip: A Dataset Dedicated to Sentinel-1 Ship Interpretation", IEEE JSTARS 11(1), 2018, and version 2.0
(Li et al., 2017). Layout, options and counts: docs/data.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.data.sentinel import Chip, Scene, read_scenes
from bench.data.store.chips import to_square
from bench.data.store.datasets import DataError, Decoded
from bench.data.store.registry import checked_options, one_option
from bench.data.store.splits import grouped_split
from bench.data.store.tiff import read_tiff
from bench.plan import BenchError

DATASETS = {
    "opensarship": {
        "title": "OpenSARShip",
        "classes": ["bulk carrier", "container ship", "tanker"],
        "channels": 1,
        "stand_in": False,
        "version": 1,
        "folders": ["opensarship"],
        "licence": "free for research, by its authors' terms; not redistributed here",
        "source": "Huang et al., IEEE JSTARS 2018; Sentinel-1, Copernicus",
        "layout": "opensarship/<scene>.zip or opensarship/<scene>/, as distributed (versions 1 and 2)",
    },
}
DEFAULTS = {"product": "uint8", "polarisation": "vv"}
DECIBELS = (
    -30.0,
    20.0,
)  # what black and white of the calibrated product stand for: sea at VH to the brightest percent of ships at VV


def decode(name: str, size: int, options: Mapping[str, Any], folder: Path | None) -> Decoded:
    """Chips of the three classes as uint8 images, split by ship.

    Parameters
    ----------
    size
        Side of the images in pixels; chips are resized bilinearly.
    options
        ``product``: ``uint8`` (amplitude, each chip stretched to its own maximum) or ``cal`` (calibrated intensity in dB, one
        scale for all). ``polarisation``: ``vv``, ``vh``, or ``both`` (three channels: VV, VH and their mean).
    folder
        The dataset's folder.

    Raises
    ------
    DataError
        If archives or chips are missing or damaged; all of them are named.
    """
    assert folder is not None
    settings = checked_options(name, options, DEFAULTS)
    product = one_option(name, "product", settings["product"], ("uint8", "cal"))
    polarisation = one_option(name, "polarisation", settings["polarisation"], ("vv", "vh", "both"))
    problems: list[str] = []
    notes: list[str] = []
    found: list[_Found] = []
    left_out: Counter[str] = Counter()
    for scene in read_scenes(folder, problems, notes):
        for chip in scene.chips:
            label = class_of(chip.elaborated_type)
            if label is None:
                left_out["of another or no type"] += 1
            elif any(band not in scene.polarisations for band in _bands(polarisation)):
                left_out[f"without {polarisation.upper() if polarisation != 'both' else 'both polarisations'}"] += 1
            else:
                try:
                    pixels = _pixels(scene, chip, product, _bands(polarisation))
                    found.append(_Found(scene.name, chip.x, chip.y, label, chip.ship, pixels))
                except BenchError as error:
                    problems.append(str(error))
    if not found and not problems:
        problems.append(f"{folder.name}: no chip of any class; expected scene archives (.zip) or unpacked scenes with Ship.xml")
    if problems:
        raise DataError(problems, name)
    notes += [f"left out: {count} chips {why}" for why, count in sorted(left_out.items())]
    return _decoded(sorted(found, key=lambda chip: (chip.scene, chip.x, chip.y)), size, notes)


class _Found(NamedTuple):
    scene: str
    x: int
    y: int
    label: int
    ship: str
    pixels: np.ndarray


def _decoded(found: list[_Found], size: int, notes: list[str]) -> Decoded:
    labels = np.array([chip.label for chip in found], dtype=np.int64)
    ships = [chip.ship for chip in found]
    first = f"{len(found)} chips of {len(set(ships))} ships in {len({chip.scene for chip in found})} scenes"
    return Decoded(
        images=to_square([chip.pixels for chip in found], size),
        labels=labels,
        is_test=grouped_split(labels, ships),
        sides=np.array([max(chip.pixels.shape[:2]) for chip in found]),
        notes=(first, *notes),
    )


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


def _bands(polarisation: str) -> tuple[str, ...]:
    return ("vv", "vh") if polarisation == "both" else (polarisation,)


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
        layers = [_decibels(calibrated[..., sorted(scene.polarisations).index(band)]) for band in bands]
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
    return pixels


def _decibels(intensity: np.ndarray) -> np.ndarray:
    low, high = DECIBELS
    level = 10 * np.log10(np.maximum(intensity.astype(np.float32), 1e-6))
    return np.clip((level - low) / (high - low) * 255, 0, 255)
