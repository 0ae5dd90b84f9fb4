"""Handwritten digits that scikit-learn ships: real images, here as a stand-in for sets that need a download.

A part of the test set of the UCI repository's "Optical Recognition of Handwritten Digits" (Alpaydin and Kaynak, 1998):
8x8 pixels of 17 grey levels.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bench.data.loading.seeding import mix
from bench.data.store.datasets import Sample
from bench.data.store.generated import balanced_labels, generated_samples
from bench.data.store.source import Source

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


def samples(source: Source) -> Iterator[Sample]:
    """The same images of every digit on every call, half for training and half for testing."""
    from sklearn.datasets import load_digits  # imported where used

    labels, is_test = balanced_labels(source.facts)
    pixels, digits = load_digits(return_X_y=True)
    order = np.random.default_rng(mix(0, "digits")).permutation(len(digits))
    by_digit = [order[digits[order] == digit][: 2 * source.facts["per_class"]] for digit in range(10)]
    grey = pixels[np.stack(by_digit, axis=1).ravel()].reshape(-1, SIDE, SIDE) * (255 / LEVELS)
    source.notes.append("stand-in: real handwriting, of a set that no paper here trains on")
    yield from generated_samples(grey.astype(np.float32), labels, is_test, source.classes)
