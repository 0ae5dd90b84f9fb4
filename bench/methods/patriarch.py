"""The tolerant first teacher of knowledge distillation in generations."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F

from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.methods.shared.checks import check_share
from bench.methods.shared.score_difference import score_difference, top_scores, weight_for_target


class Patriarch(Method):
    """Train a first teacher that leaves part of the probability to the classes which resemble the true one.

    Paper: Yang et al., Knowledge Distillation in Generations: More Tolerant Teachers Educate Better Students, AAAI 2019.

    Equations: (1 - eta) CE + eta [f_a1 - mean(f_a2, ..., f_aK)] (eq. 3), f_ak the k-th largest probability of the
    sample. The paper names a patriarch by the score f_a1 = u(eta) at the optimum; eta = (K - 1) / (K - 1 + K u), so
    that f_a1 = 0.6 with K = 5 is eta = 4/7.

    Differences from the authors' code: no code is public, and the paper never states eta. The curve ``f_a1`` is the
    mean primary score on training images: weight decay and augmentation move it off its target, and a network that
    saturates early never shows the energy.

    Sources: target, classes: the paper's section on the patriarch (f_a1 = 0.6, K = 5); eta: not stated, it follows from the
    target.
    """

    label = "Patriarch"
    needs = {"more_classes_than": "classes"}

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters: ``target`` (f_a1 at the optimum) or ``eta``, the other one null; ``classes`` is K."""

        target: float | None = 0.6
        eta: float | None = None
        classes: int = 5

        def __post_init__(self) -> None:
            if self.classes < 2:
                raise ValueError(f"classes is {self.classes}; allowed: 2 and more")
            if (self.target is None) == (self.eta is None):
                raise ValueError("give either target or eta and set the other one to null")
            if self.target is not None and not 1 / self.classes <= self.target <= 1:
                raise ValueError(f"target is {self.target}; allowed: 1/{self.classes} to 1")
            if self.eta is not None:
                check_share(eta=self.eta)

        @property
        def weight(self) -> float:
            """eta, whichever way it is given."""
            if self.eta is not None:
                return self.eta
            assert self.target is not None
            return weight_for_target(self.target, self.classes)

    def forward(self, batch: Batch, clock: Clock) -> Step:
        logits = self.student(batch.images)
        eta = self.params.weight
        scores = top_scores(logits, self.params.classes)
        losses = {
            "ce": (1 - eta) * F.cross_entropy(logits, batch.labels),
            "difference": eta * score_difference(scores).mean(),
        }
        return Step(logits, batch.labels, losses, {"f_a1": scores[:, 0].mean()})
