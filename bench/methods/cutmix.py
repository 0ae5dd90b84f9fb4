"""CutMix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch.nn.functional as F

from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.methods.shared.checks import check_positive
from bench.methods.shared.mixing import build_mixer


class CutMix(Method):
    """Paste a box of another image into every image and mix the labels by area.

    Paper: Yun et al., CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features, ICCV 2019.
    Constants as in FRSKD's Table 8.

    Equations: lambda CE(z, y_a) + (1 - lambda) CE(z, y_b), lambda being 1 - the share of the image that the box covers after
    clipping; the box's sides are sqrt(1 - lambda') of the image's, lambda' ~ Beta(alpha, alpha), its centre is uniform; one
    box per batch.

    Differences from the authors' code: every batch is mixed, as in FRSKD's code (CutMix's mixes half of them on CIFAR); an
    image's partner is the one before it in the batch, which is in random order. Training accuracy counts hits of y_a and says
    little.

    Sources: alpha: FRSKD's section 6.
    """

    label = "CutMix"
    steady = False  # what is mixed is drawn in Python

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters."""

        alpha: float = 1.0

        def __post_init__(self) -> None:
            check_positive(alpha=self.alpha)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mix = build_mixer("cutmix", self.params.alpha, self.num_classes)

    def forward(self, batch: Batch, clock: Clock) -> Step:
        images, targets = self.mix(batch.images, batch.labels)
        logits = self.student(images)
        return Step(logits, batch.labels, {"ce": F.cross_entropy(logits, targets)})
