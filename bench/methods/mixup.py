"""Mixup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch.nn.functional as F

from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.methods.shared.checks import check_positive
from bench.methods.shared.mixing import build_mixer


class Mixup(Method):
    """Train on convex combinations of two images and of their labels.

    Paper: Zhang et al., mixup: Beyond Empirical Risk Minimization, ICLR 2018. Constants as in FRSKD's Table 8.

    Equations: lambda CE(z, y_a) + (1 - lambda) CE(z, y_b) with x = lambda x_a + (1 - lambda) x_b, lambda ~ Beta(alpha,
    alpha), one per batch.

    Differences from the authors' code: an image's partner is the one before it in the batch, which is in random order, instead
    of one from a random permutation. Training accuracy counts hits of y_a and says little.

    Sources: alpha: FRSKD's section 6, its value for CIFAR-100.
    """

    label = "Mixup"
    steady = False  # what is mixed is drawn in Python

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters; FRSKD uses alpha 0.2 on CIFAR-100 and TinyImageNet, 0.3 on the fine-grained sets."""

        alpha: float = 0.2

        def __post_init__(self) -> None:
            check_positive(alpha=self.alpha)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mix = build_mixer("mixup", self.params.alpha, self.num_classes)

    def forward(self, batch: Batch, clock: Clock) -> Step:
        images, targets = self.mix(batch.images, batch.labels)
        logits = self.student(images)
        return Step(logits, batch.labels, {"ce": F.cross_entropy(logits, targets)})
