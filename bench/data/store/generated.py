"""Stand-ins that nothing has to be read for: balanced, in a fixed order, the same on every call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from bench.data.store.datasets import Sample


def balanced_labels(facts: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Class after class, so that any stretch of a set is balanced: first the training images, then those for testing.

    Parameters
    ----------
    facts
        With ``classes`` and ``per_class``, or ``train_per_class`` and ``test_per_class``.

    Returns
    -------
    tuple
        Labels, int64, and whether for testing, bool; both (N,).
    """
    counts = [facts.get(f"{split}_per_class", facts.get("per_class")) for split in ("train", "test")]
    classes = len(facts["classes"])
    return np.tile(np.arange(classes), sum(counts)), np.repeat([False, True], [count * classes for count in counts])


def generated_samples(images: np.ndarray, labels: np.ndarray, is_test: np.ndarray, classes: Sequence[str]) -> Iterator[Sample]:
    """The samples of a generated set; ``images`` as (N, H, W) or (N, H, W, C)."""
    for pixels, label, test in zip(images, labels, is_test, strict=True):
        yield Sample(classes[label], "test" if test else "train", pixels=pixels)
