"""Knowledge distillation."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F

from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.methods.shared.checks import check_not_negative, check_positive
from bench.methods.shared.losses import tempered_kl


class KnowledgeDistillation(Method):
    """Match the softened predictions of a trained teacher.

    Paper: Hinton et al., Distilling the Knowledge in a Neural Network, NIPS 2014 Deep Learning Workshop.

    Equations: gamma CE(z, y) + alpha KD(z <- z_T; tau), where KD carries tau^2.

    Differences from the authors' code: none is public. The defaults 0.1, 0.9, 4 are those of RepDistiller; other codes use 1,
    1, 3 (OKDDip) or CE + alpha KD (FRSKD's Table 7).

    Sources: gamma, alpha, temperature: RepDistiller's CIFAR script.
    """

    label = "KD"
    teacher_roles = ("offline",)
    passes = {"forward": 1, "backward": 1, "teacher": 1}

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters: ``gamma`` weighs the cross entropy, ``alpha`` the distillation."""

        gamma: float = 0.1
        alpha: float = 0.9
        temperature: float = 4.0

        def __post_init__(self) -> None:
            check_not_negative(gamma=self.gamma, alpha=self.alpha)
            check_positive(temperature=self.temperature)

    def forward(self, batch: Batch, clock: Clock) -> Step:
        params, images = self.params, batch.images
        logits = self.student(images)
        losses = {
            "ce": params.gamma * F.cross_entropy(logits, batch.labels),
            "kd": params.alpha * tempered_kl(logits, self.ask("offline", images), params.temperature).mean(),
        }
        return Step(logits, batch.labels, losses)
