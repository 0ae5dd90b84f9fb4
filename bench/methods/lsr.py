"""Label smoothing regularisation."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F

from bench.data import Batch
from bench.methods._method import Clock, Method, Step


class LabelSmoothing(Method):
    """Mix the one-hot label with the uniform distribution so that the network does not grow over-confident.

    Paper: Szegedy et al., Rethinking the Inception Architecture for Computer Vision, CVPR 2016 (section 7).

    Equations: -sum_c q_c log softmax(z)_c with q = (1 - epsilon) e_y + epsilon / C.

    Differences from the authors' code: none known. Tf-KD's code spreads epsilon over the C - 1 wrong classes instead; with few
    classes the two differ (C = 3, epsilon = 0.1: q_y is 0.933 here and 0.900 there).

    Sources: epsilon: Tf-KD's code; DRRNet-SKD states none.
    """

    label = "LSR"

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters."""

        epsilon: float = 0.1

    def forward(self, batch: Batch, clock: Clock) -> Step:
        logits = self.student(batch.images)
        loss = F.cross_entropy(logits, batch.labels, label_smoothing=self.params.epsilon)
        return Step(logits, batch.labels, {"ce": loss})
