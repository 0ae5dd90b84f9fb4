"""Handwritten digits that scikit-learn ships: real images, here as a stand-in for sets that need a download.

A part of the test set of the UCI repository's "Optical Recognition of Handwritten Digits" (Alpaydin and Kaynak, 1998):
8x8 pixels of 17 grey levels.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bench.data.loading.seeding import mix
from bench.data.store.chips import to_square
from bench.data.store.datasets import Decoded
from bench.data.store.registry import checked_options

DATASETS = {
    "digits": {
        "title": "scikit-learn's digits (stand-in)",
        "classes": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
        "channels": 1,
        "stand_in": True,
        "version": 1,
        "per_class": 22,
        "licence": "CC BY 4.0, UCI Machine Learning Repository",
        "source": "Alpaydin and Kaynak, 1998; shipped with scikit-learn",
        "layout": "no files needed",
    },
}
SIDE, LEVELS = 8, 16


def decode(name: str, size: int, options: Mapping[str, Any], folder: Path | None) -> Decoded:
    """The same images of every digit on every call, half for training and half for testing.

    Parameters
    ----------
    size
        Side of the images in pixels; enlarged bilinearly from 8.
    options
        None exist.
    folder
        Ignored: scikit-learn brings the files.
    """
    from sklearn.datasets import load_digits  # imported where used

    checked_options(name, options, {})
    per_class: int = DATASETS[name]["per_class"]  # type: ignore[assignment]
    pixels, labels = load_digits(return_X_y=True)
    draw = np.random.default_rng(mix(0, "digits"))
    order = draw.permutation(len(labels))
    # Digit after digit within each half, so that any stretch of the set is balanced.
    chosen = np.stack([order[labels[order] == digit][: 2 * per_class] for digit in range(10)], axis=1).ravel()
    grey = pixels[chosen].reshape(-1, SIDE, SIDE) * (255 / LEVELS)
    return Decoded(
        images=to_square(list(grey.astype(np.float32)), size),
        labels=labels[chosen].astype(np.int64),
        is_test=np.arange(len(chosen)) >= 10 * per_class,
        sides=np.full(len(chosen), SIDE),
        notes=("stand-in: real handwriting, of a set that no paper here trains on",),
    )
