"""Class-wise self-knowledge distillation."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.methods.shared.checks import check_not_negative, check_positive
from bench.methods.shared.losses import tempered_kl


class ClassWise(Method):
    """Match the prediction on another image of the same class.

    Paper: Yun et al., Regularizing Class-wise Predictions via Self-knowledge Distillation, CVPR 2020.

    Equations: CE(z(x), y) + lambda KD(z(x) <- z(x'); tau), x' a uniform draw from the class of x (x itself included).

    Differences from the authors' code: none known. As there, the partners go through the network in a pass of their own,
    without gradient but in training mode: batch normalisation takes their statistics and learns from them. Its accuracy is
    the best epoch's.

    Sources: weight, temperature: the authors' instructions for CIFAR-100 (alinlab/cs-kd).
    """

    label = "CS-KD"
    pairs = True
    passes = {"forward": 2, "backward": 1}

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters: ``weight`` is lambda, 1 on CIFAR-100 and 3 on CUB-200 in the authors' instructions."""

        weight: float = 1.0
        temperature: float = 4.0

        def __post_init__(self) -> None:
            check_not_negative(weight=self.weight)
            check_positive(temperature=self.temperature)

    def forward(self, batch: Batch, clock: Clock) -> Step:
        assert batch.partners is not None
        logits = self.student(batch.images)
        with torch.no_grad():
            partner = self.student(batch.partners)
        losses = {
            "ce": F.cross_entropy(logits, batch.labels),
            "kd": self.params.weight * tempered_kl(logits, partner, self.params.temperature).mean(),
        }
        return Step(logits, batch.labels, losses)
