"""Training with cross entropy alone."""

from __future__ import annotations

import torch.nn.functional as F

from bench.data import Batch
from bench.methods._method import Clock, Method, Step


class Baseline(Method):
    """Minimise the cross entropy with the labels: what every gain is counted from.

    Paper: none; every paper's first row.

    Equations: CE(z, y).

    Differences from the authors' code: none.
    """

    label = "Baseline"

    def forward(self, batch: Batch, clock: Clock) -> Step:
        logits = self.student(batch.images)
        return Step(logits, batch.labels, {"ce": F.cross_entropy(logits, batch.labels)})
