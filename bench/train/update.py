"""One step of a training: tensors in, tensors out. The loop does not know which kind it calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.optim import Optimizer

from bench.data import Batch
from bench.methods import Clock, Method, Step
from bench.tasks import Task
from bench.train.group import Group
from bench.train.meters import StepResult
from bench.train.optimise import IterationSchedule
from bench.train.precision import autocast


class Update(Protocol):
    """Forward pass, sum, backward pass, clipping and the optimiser's step as one callable."""

    @property
    def how(self) -> str:
        """How steps are run, for the record."""

    def __call__(self, batch: Batch, clock: Clock) -> StepResult:
        """Change the weights by one mini-batch."""


class Eager:
    """The step as torch runs it, operation by operation.

    Parameters
    ----------
    scaler
        Of the precision; its scale is a part of the training's state.
    precision
        ``fp32``, ``bf16`` or ``fp16``, of forward and backward pass.
    clip_gradient
        Largest norm of the gradient; ``None`` leaves it as it is.
    clip_value
        Largest size of a number of the gradient, likewise; clipped before the norm.
    """

    how = "eager"

    def __init__(
        self,
        method: Method,
        task: Task,
        optimiser: Optimizer,
        scaler: torch.amp.GradScaler,
        *,
        precision: str,
        device: torch.device,
        group: Group,
        clip_gradient: float | None = None,
        clip_value: float | None = None,
    ) -> None:
        self.method, self.task, self.optimiser, self.scaler = method, task, optimiser, scaler
        self.precision, self.device, self.group = precision, device, group
        self.clip_gradient, self.clip_value = clip_gradient, clip_value
        self.forward: Callable[[Batch, Clock], Step] = group.wrapped(method) if method.trains else method

    def __call__(self, batch: Batch, clock: Clock) -> StepResult:
        """Change the weights by this device's share of a mini-batch; gradients are those of the whole."""
        group = self.group
        with autocast(self.precision, self.device):
            share = group.share(batch)
            step = group.weighted(self.forward(share, clock), share)
            total = torch.stack([term.float() for term in step.losses.values()]).sum()
        self.optimiser.zero_grad(set_to_none=True)
        whole = total if group.size == 1 else total * group.size  # the gradients of a group are averaged
        self.scaler.scale(whole).backward()
        self._move()
        return self._measured(step, total, share.whole or len(share))

    def _move(self) -> None:
        """The optimiser's step, with clipped gradients; none where a scaled one has overflown."""
        if self.clip_value or self.clip_gradient:
            self.scaler.unscale_(self.optimiser)
        if self.clip_value:
            torch.nn.utils.clip_grad_value_(self.method.parameters(), self.clip_value)
        if self.clip_gradient:
            torch.nn.utils.clip_grad_norm_(self.method.parameters(), self.clip_gradient)
        self.scaler.step(self.optimiser)
        self.scaler.update()

    @torch.no_grad()
    def _measured(self, step: Step, total: Tensor, images: int) -> StepResult:
        losses = {f"loss_{name}": value.detach() for name, value in step.losses.items()}
        logs, firsts = ({name: value.detach() for name, value in each.items()} for each in (step.logs, step.firsts))
        right = None if step.logits is None else self.task.hits(step.logits, step.labels)
        hits, counted = (None, 0) if right is None else (right.sum(), right.numel())
        return StepResult({"loss": total.detach(), **losses, **logs}, hits, counted, images, firsts)


class Accumulating(Eager):
    """The step in several passes of ``micro_batch`` images, whose gradients add up to the mean over the mini-batch.

    Batch normalisation sees a pass, not the mini-batch. Not for several devices.
    """

    def __init__(self, *args: Any, micro_batch: int, **options: Any) -> None:
        super().__init__(*args, **options)
        self.micro_batch = micro_batch

    def __call__(self, batch: Batch, clock: Clock) -> StepResult:
        """Change the weights by a mini-batch."""
        self.optimiser.zero_grad(set_to_none=True)
        measured, weights = [], []
        for start in range(0, len(batch), self.micro_batch):
            part = batch.rows(slice(start, start + self.micro_batch))
            weight = len(part) / len(batch)
            with autocast(self.precision, self.device):
                step = self.forward(part, clock)
                total = torch.stack([term.float() for term in step.losses.values()]).sum()
            self.scaler.scale(total * weight).backward()
            measured.append(self._measured(step, total, len(part)))
            weights.append(weight)
        self._move()
        return _joined(measured, weights)


class Scheduled:
    """A step with the learning rate that its iteration has."""

    def __init__(self, update: Update, schedule: IterationSchedule) -> None:
        self.update, self.schedule = update, schedule

    @property
    def how(self) -> str:
        """As the step below it."""
        return self.update.how

    def __call__(self, batch: Batch, clock: Clock) -> StepResult:
        """Change the weights by one mini-batch."""
        self.schedule.set(clock.iteration)
        return self.update(batch, clock)


def _joined(measured: Sequence[StepResult], weights: Sequence[float]) -> StepResult:
    """Means of the passes' terms, sums of their counts."""
    names = dict.fromkeys(name for each in measured for name in each.terms)
    terms = {
        name: torch.stack([each.terms[name] * share for each, share in zip(measured, weights, strict=True)]).sum()
        for name in names
    }
    hits = [each.hits for each in measured if each.hits is not None]
    return StepResult(
        terms,
        torch.stack(hits).sum() if hits else None,
        sum(each.counted for each in measured),
        sum(each.images for each in measured),
        measured[0].firsts,
    )
