"""Weights of distillation terms that change with the epoch."""

from __future__ import annotations

import math
from typing import Any, Literal

from bench.methods._method import Clock

Weight = float | Literal["rising", "falling"]


def epoch_weight(weight: Weight, clock: Clock, hold: float | None = None) -> Any:
    """A fixed weight, ``t/T`` ("rising") or ``1 - t/T`` ("falling") (DRRNet-SKD eq. 1; t counts epochs from 1).

    Parameters
    ----------
    weight
        A number or the name of a course.
    clock
        Gives t and T.
    hold
        The weight in the first half of the training, whatever the course (the paper holds DLB's at 0.5).

    Returns
    -------
    float or Tensor
        A float where it is fixed, otherwise a :meth:`Clock.scalar`.
    """
    if hold is None and not isinstance(weight, str):
        return float(weight)
    return clock.scalar(lambda now: _weight(weight, now.epoch / now.epochs, hold))


def _weight(weight: Weight, share: float, hold: float | None) -> float:
    if hold is not None and share <= 0.5:
        return hold
    courses = {"rising": share, "falling": 1.0 - share}
    return courses[weight] if isinstance(weight, str) else float(weight)


def check_weight(weight: Weight) -> None:
    """Refuse what is neither a weight nor the name of a course."""
    if isinstance(weight, str) and weight not in ("rising", "falling"):
        raise ValueError(f"weight is '{weight}'; allowed: a number, rising, falling")


def rise(epoch: float, length: float) -> float:
    """``min(1, e/R)``; 1 where R is 0."""
    return min(1.0, epoch / length) if length > 0 else 1.0


def ramp(epoch: float, length: float) -> float:
    """``exp(-5 (1 - e/R)^2)``, held at 1 after R epochs: the ramp-up of ONE and of what follows it (Laine and Aila, ICLR 2017).

    Parameters
    ----------
    epoch
        e, completed epochs (0 in the first one), as in :attr:`Clock.schedule_epoch`.
    length
        R; 0 means no ramp.

    Returns
    -------
    float
        From exp(-5) = 0.0067 to 1.
    """
    if length <= 0:
        return 1.0
    return math.exp(-5.0 * (1.0 - min(max(epoch, 0.0), length) / length) ** 2)
