"""Self-distillation from the last mini-batch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from bench.data import Batch
from bench.methods._method import Clock, Step
from bench.methods.shared.carry import CarryingMethod
from bench.methods.shared.losses import tempered_kl
from bench.methods.shared.weights import Weight, check_weight, epoch_weight


class LastMiniBatch(CarryingMethod):
    """See every mini-batch twice, and the second time match the logits that its other view got one step before.

    Paper: Shen et al., Self-Distillation from the Last Mini-Batch for Consistency Regularization, CVPR 2022.

    Equations: CE over the 2n images of both mini-batches + w KD(z(B_{t-1}, view 2) <- stored logits(B_{t-1}, view 1);
    tau). The first step of a training is CE alone. DRRNet-SKD's unfixed weight is w = t/T (its eq. 1).

    Differences from the authors' code: none known. As there, the two mini-batches go through the network in two passes,
    the fresh one first, so batch normalisation sees them apart and updates its statistics twice; the carried batch
    outlives the epoch; dropout noise stays in the stored logits. The code's accuracy is the best epoch's; here it is
    the last's.

    Sources: weight: DRRNet-SKD's Table 2, whose row equals "fixed 0.7" of its Table 1 (the authors' code has no default);
    temperature: the run label TP3 of the authors' code; hold: off, DRRNet-SKD's section 2.1 has 0.5 in its unfixed row.
    """

    label = "DLB"
    passes = {"forward": 2, "backward": 2}
    named = {"DLB, unfixed": {"weight": "rising", "hold": 0.5}}

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters. ``hold``, where given, is the weight during the first half of the training."""

        weight: Weight = 0.7
        temperature: float = 3.0
        hold: float | None = None

        def __post_init__(self) -> None:
            check_weight(self.weight)

    def forward(self, batch: Batch, clock: Clock) -> Step:
        now, later = batch.views
        logits, labels = self.student(now), batch.labels
        carry = self.carry
        self.remember(later, labels, logits)
        if carry is None:
            return Step(logits, labels, {"ce": F.cross_entropy(logits, labels)})
        again = self.student(carry.images)
        weight = epoch_weight(self.params.weight, clock, self.params.hold)
        losses = {
            "ce": F.cross_entropy(torch.cat([again, logits]), torch.cat([carry.labels, labels])),
            "lb": weight * tempered_kl(again, carry.logits, self.params.temperature).mean(),
        }
        return Step(logits, labels, losses)
