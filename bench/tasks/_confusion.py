"""Counts of which class was taken for which: summable over batches and devices, read once."""

from __future__ import annotations

from fractions import Fraction

import torch
from torch import Tensor


class Confusion:
    """A C x C matrix of counts that stays on the device of what is counted.

    Attributes
    ----------
    counts
        int64, (C, C): how many items of the row's class were taken for the column's.
    """

    def __init__(self, classes: int) -> None:
        self.classes = classes
        self.counts = torch.zeros(classes, classes, dtype=torch.int64)

    def add(self, predicted: Tensor, target: Tensor) -> None:
        """Count int64 classes of any shape; the device is waited for nowhere."""
        self.counts = self.counts.to(target.device)
        pairs = (target.flatten() * self.classes + predicted.flatten()).long()
        self.counts.view(-1).index_add_(0, pairs, torch.ones_like(pairs))

    def read(self) -> Confusion:
        """The counts so far on the CPU: the device is waited for once, whatever is asked of them."""
        found = Confusion(self.classes)
        found.counts = self.counts.cpu()
        return found

    @property
    def correct(self) -> Tensor:
        """(C,): items of each class that were recognised."""
        return self.counts.diagonal()

    @property
    def seen(self) -> Tensor:
        """(C,): items of each class."""
        return self.counts.sum(1)

    def accuracy(self) -> float:
        """Share of all items that were recognised, in percent."""
        return 100.0 * int(self.correct.sum()) / int(self.seen.sum())

    def balanced_accuracy(self) -> float:
        """Mean over the classes that were seen of the share recognised, in percent."""
        counts = zip(self.correct.tolist(), self.seen.tolist(), strict=True)
        # Fractions of whole numbers: a third is the double nearest to it, whatever the order of the classes.
        shares = [Fraction(correct, seen) for correct, seen in counts if seen]
        return float(100 * sum(shares) / len(shares))
