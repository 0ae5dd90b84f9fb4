"""What an epoch adds up and what a training keeps per epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from bench.plan.metrics import Metric, curve_of
from bench.tasks import Task


@dataclass(frozen=True)
class StepResult:
    """What a step leaves for the curve, on the device.

    Attributes
    ----------
    terms
        Scalars by name: ``loss`` is the sum that was minimised, ``loss_<name>`` a term of it, the rest what the method logs.
    hits
        How many images (or pixels) were right; ``None`` where the task counts none.
    counted
        Of how many.
    images
        Fresh images of the whole mini-batch, whichever devices saw them.
    """

    terms: dict[str, Tensor]
    hits: Tensor | None
    counted: int
    images: int
    firsts: dict[str, Tensor] = field(default_factory=dict)
    """Scalars by name of which an epoch keeps the first."""


def read_scalars(values: Sequence[Tensor]) -> list[float]:
    """The numbers that scalars of any type hold; each device that has some is waited for once."""
    found = [0.0] * len(values)
    for device in dict.fromkeys(value.device for value in values):
        places = [place for place, value in enumerate(values) if value.device == device]
        together = torch.stack([values[place].double() for place in places]).tolist()
        for place, number in zip(places, together, strict=True):
            found[place] = number
    return found


def hits_of_images(task: Task, prediction: Any, target: Any) -> Tensor:
    """Whether each image of a batch was right: bool, (B,), on the device; (0,) where the task's hits are not one per image."""
    hits = task.hits(prediction, target) if isinstance(target, Tensor) and target.ndim == 1 else None
    if hits is None or hits.shape != target.shape:
        return torch.zeros(0, dtype=torch.bool)
    return hits


class EpochMeter:
    """Sums of an epoch, kept on the device so that no step waits for it.

    ``correct`` of ``images`` were right, where the task counts hits while it trains.
    """

    def __init__(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self.counts: dict[str, int] = {}
        self.correct: Tensor | int = 0
        self.images = 0

    def add(self, measured: StepResult) -> None:
        """Add a step's terms and hits."""
        firsts = {name: value for name, value in measured.firsts.items() if name not in self.sums}
        known = [name for name in measured.terms if name in self.sums]
        if known:
            torch._foreach_add_([self.sums[name] for name in known], [measured.terms[name] for name in known])
        # Sums are tensors of their own: a replayed step writes its terms where the last ones stood.
        self.sums |= {name: 0.0 + value for name, value in {**measured.terms, **firsts}.items() if name not in self.sums}
        for name in (*measured.terms, *firsts):
            self.counts[name] = self.counts.get(name, 0) + 1
        if measured.hits is not None:
            self.correct = self.correct + measured.hits
            self.images += measured.counted

    def means(self, hits: str = "") -> dict[str, float]:
        """Mean per step of every term, and under the name ``hits`` the share that was right, in percent; read at once."""
        *sums, correct = read_scalars([*self.sums.values(), torch.as_tensor(self.correct)])
        means = {name: value / self.counts[name] for name, value in zip(self.sums, sums, strict=True)}
        return {**means, hits: 100.0 * int(correct) / self.images} if hits and self.images else means

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

    def best_epoch(self, column: str, higher_is_better: bool = True) -> int:
        """The place (from 0) of the best value of a column, the first of several; the last epoch's where there is none."""
        known = [(value if higher_is_better else -value, -epoch) for epoch, value in enumerate(self.values.get(column, ()))]
        known = [pair for pair in known if not math.isnan(pair[0])]
        return -max(known)[1] if known else self.epochs - 1

    def metric(self, name: str, facts: Metric, epoch: int = -1) -> float | None:
        """A recorded metric after ``epoch`` (from 0); ``None`` for one that was not measured, as where nothing is trained.

        The best is that of the epochs in which it was measured.
        """
        column = self.values.get(curve_of(name), [])
        values = [value for value in column if not math.isnan(value)] if facts.best_of else column[epoch:][:1]
        if not values or math.isnan(values[-1]):
            return None
        return (max if facts.higher_is_better else min)(values)
