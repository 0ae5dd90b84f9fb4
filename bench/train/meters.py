"""What an epoch adds up and what a training keeps per epoch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from bench.methods import Step


class EpochMeter:
    """Sums of an epoch, kept on the device so that no step waits for it."""

    def __init__(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self.counts: dict[str, int] = {}
        self.correct: Tensor | int = 0
        self.images = 0

    def add(self, step: Step, total: Tensor) -> None:
        terms = {f"loss_{name}": value for name, value in step.losses.items()}
        for name, value in {"loss": total, **terms, **step.logs}.items():
            self.sums[name] = self.sums.get(name, 0.0) + value.detach()
            self.counts[name] = self.counts.get(name, 0) + 1
        self.correct = self.correct + (step.logits.argmax(1) == step.labels).sum()
        self.images += len(step.labels)

    def means(self) -> dict[str, float]:
        """Mean per step of every term; training accuracy in percent. Nothing where nothing was trained."""
        means = {name: float(value) / self.counts[name] for name, value in self.sums.items()}
        return {**means, "train_accuracy": 100.0 * int(self.correct) / self.images} if self.images else means

    def state_dict(self) -> dict[str, Any]:
        return {**vars(self), "correct": torch.as_tensor(self.correct)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        vars(self).update(state)


class Curve:
    """One list per name, one item per epoch; what was not measured in an epoch is NaN."""

    def __init__(self) -> None:
        self.epochs = 0
        self.values: dict[str, list[float]] = {}

    def append(self, row: dict[str, float]) -> None:
        for name in row:
            self.values.setdefault(name, [float("nan")] * self.epochs)
        for name, column in self.values.items():
            column.append(row.get(name, float("nan")))
        self.epochs += 1

    def last(self, name: str) -> float:
        return self.values[name][-1]
