"""Data-distortion guided self-distillation."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.methods.shared.checks import check_not_negative, check_positive
from bench.methods.shared.feature_losses import mean_discrepancy
from bench.methods.shared.losses import tempered_kl


class DataDistortion(Method):
    """Ask for the same prediction and the same mean feature on two distorted views of every image.

    Paper: Xu and Liu, Data-Distortion Guided Self-Distillation for Deep Neural Networks, AAAI 2019.

    Equations: CE(z_a) + CE(z_b) + mu [KD(z_a <- z_b; tau) + KD(z_b <- z_a; tau)] + lambda ||mean_i h(a_i) - mean_i h(b_i)||^2
    on the pooled features h that enter the classifier.

    Differences from the authors' code: none is public. Two codes of others agree on tau, mu and lambda; of whether the targets
    of the divergences pass gradient one says yes and one no: here they are constants. Both views share one pass, so batch
    normalisation sees them together.

    Sources: mu, temperature, discrepancy: two codes of others (youngerous/ddgsd-pytorch, winycg/Self-KD-Lib).
    """

    label = "DDGSD"
    views = 2
    passes = {"forward": 2, "backward": 2}

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters: ``mu`` weighs the divergences, ``discrepancy`` (lambda) the distance of the mean features."""

        mu: float = 1.0
        temperature: float = 3.0
        discrepancy: float = 5e-4

        def __post_init__(self) -> None:
            check_not_negative(mu=self.mu, discrepancy=self.discrepancy)
            check_positive(temperature=self.temperature)

    def forward(self, batch: Batch, clock: Clock) -> Step:
        params, labels = self.params, batch.labels
        logits, pooled = self.student.penultimate(torch.cat(batch.views))
        first, second = logits.chunk(2)
        mutual = tempered_kl(first, second, params.temperature) + tempered_kl(second, first, params.temperature)
        losses = {
            "ce": F.cross_entropy(first, labels) + F.cross_entropy(second, labels),
            "kd": params.mu * mutual.mean(),
            "mmd": params.discrepancy * mean_discrepancy(*pooled.chunk(2)),
        }
        return Step(first, labels, losses)
