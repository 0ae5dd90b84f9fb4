"""Cross entropy over four rotations: what seeing every image four ways is worth without distillation."""

from __future__ import annotations

import torch.nn.functional as F

from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.methods.shared.rotations import ROTATIONS, rotate_four_ways


class RotationAugmentation(Method):
    """Train on every image in four rotations with its one label: the compute-matched control of SLA-SD and FRSKD+SLA.

    Paper: none of the reproduced tables prints it; Lee et al., Self-supervised Label Augmentation via Input Transformations,
    ICML 2020, compare with it as data augmentation.

    Equations: CE(z(rot(x, r 90 degrees)), y), mean over the 4n images.

    Differences from the authors' code: none known.
    """

    label = "Baseline, four rotations"
    passes = {"forward": 4, "backward": 4}

    def forward(self, batch: Batch, clock: Clock) -> Step:
        logits = self.student(rotate_four_ways(batch.images))
        loss = F.cross_entropy(logits, batch.labels.repeat_interleave(ROTATIONS))
        return Step(logits[::ROTATIONS], batch.labels, {"ce": loss})
