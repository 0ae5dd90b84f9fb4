"""One step of a training: tensors in, tensors out. The loop does not know which kind it calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor
from torch.optim import Optimizer

from bench.data import Batch
from bench.methods import Clock, Method, Step
from bench.tasks import Task
from bench.train.group import Group
from bench.train.meters import StepResult
from bench.train.precision import autocast


class Update(Protocol):
    """Forward pass, sum, backward pass, clipping and the optimiser's step as one callable."""

    def __call__(self, batch: Batch, clock: Clock) -> StepResult:
        """Change the weights by one mini-batch."""


class Eager:
    """The step as torch runs it, operation by operation.

    Parameters
    ----------
    precision
        ``fp32`` or ``bf16``, of forward and backward pass.
    clip_gradient
        Largest norm of the gradient; ``None`` leaves it as it is.
    clip_value
        Largest size of a number of the gradient, likewise; clipped before the norm.
    """

    def __init__(
        self,
        method: Method,
        task: Task,
        optimiser: Optimizer,
        *,
        precision: str,
        device: torch.device,
        group: Group,
        clip_gradient: float | None = None,
        clip_value: float | None = None,
    ) -> None:
        self.method, self.task, self.optimiser = method, task, optimiser
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
        (total if group.size == 1 else total * group.size).backward()  # the gradients of a group are averaged
        if self.clip_value:
            torch.nn.utils.clip_grad_value_(self.method.parameters(), self.clip_value)
        if self.clip_gradient:
            torch.nn.utils.clip_grad_norm_(self.method.parameters(), self.clip_gradient)
        self.optimiser.step()
        return self._measured(step, total, share.whole or len(share))

    @torch.no_grad()
    def _measured(self, step: Step, total: Tensor, images: int) -> StepResult:
        losses = {f"loss_{name}": value.detach() for name, value in step.losses.items()}
        logs = {name: value.detach() for name, value in step.logs.items()}
        right = None if step.logits is None else self.task.hits(step.logits, step.labels)
        hits, counted = (None, 0) if right is None else (right.sum(), right.numel())
        return StepResult({"loss": total.detach(), **losses, **logs}, hits, counted, images)
