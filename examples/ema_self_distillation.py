"""Self-distillation from an exponential moving average of the student's own weights."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F

from bench.data import Batch
from bench.methods import Clock, Method, Step
from bench.methods.shared.checks import check_not_negative, check_positive, check_share
from bench.methods.shared.losses import tempered_kl


class EmaSelfDistillation(Method):
    """Learn from an exponential moving average of oneself.

    Paper: Tarvainen and Valpola, Mean teachers are better role models, NIPS 2017, turned from semi-supervised learning to
    supervised self-distillation.

    Equations: CE(z, y) + weight tau^2 KL(softmax(z_EMA / tau) || softmax(z / tau)). At the start of step t = 0, 1, ... the
    averaged weights become d_t theta_EMA + (1 - d_t) theta with d_t = min(decay, (t + 1) / (t + 10)).

    Differences from the authors' code: every image is labelled; teacher and student see the same view, without added noise; KL
    of softened predictions in place of the squared error of probabilities; no ramp of its weight; batch norm's running
    statistics are the student's; the student is deployed, where the paper scores the average too.

    Sources: decay: the paper's value while its own ramp lasts (0.999 afterwards); temperature: our choice, DLB's value; weight:
    our choice, both terms count the same.
    """

    label = "EMA self-distillation"
    passes = {"forward": 1, "backward": 1, "teacher": 1}

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters. ``decay`` is what the average keeps of itself at every step, ``temperature`` is tau."""

        decay: float = 0.99
        temperature: float = 3.0
        weight: float = 1.0

        def __post_init__(self) -> None:
            check_share(decay=self.decay)
            check_positive(temperature=self.temperature)
            check_not_negative(weight=self.weight)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A module, so that it is saved with the state; without gradient, so that the optimiser leaves it alone.
        self.average = copy.deepcopy(self.student).eval().requires_grad_(False)

    def train(self, mode: bool = True) -> EmaSelfDistillation:
        """Put all but the average in training mode."""
        super().train(mode)
        self.average.eval()
        return self

    def forward(self, batch: Batch, clock: Clock) -> Step:
        # Here, at the start of a step, the weights are those that the last step left: the loop needs no hook.
        self._follow(clock.iteration)
        images, params = batch.images, self.params
        with torch.no_grad():
            target = self.average(images)
        logits = self.student(images)
        losses = {
            "ce": F.cross_entropy(logits, batch.labels),
            "ema": params.weight * tempered_kl(logits, target, params.temperature).mean(),
        }
        return Step(logits, batch.labels, losses)

    @torch.no_grad()
    def _follow(self, iteration: int) -> None:
        """Move the average towards the student; the young average forgets fast, so that it does not keep the first weights."""
        decay = min(self.params.decay, (iteration + 1) / (iteration + 10))
        for mean, now in zip(self.average.parameters(), self.student.parameters(), strict=True):
            mean.lerp_(now, 1 - decay)
        for mean, now in zip(self.average.buffers(), self.student.buffers(), strict=True):
            mean.copy_(now)
