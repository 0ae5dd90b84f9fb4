"""Cross entropy over two views: what twice the images per step are worth without distillation."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from bench.data import Batch
from bench.methods._method import Clock, Method, Step


class BaselineTwoViews(Method):
    """Train on two views of every image with cross entropy alone: the compute-matched control of DDGSD, DLB and DRRNet-SKD.

    Paper: none prints it; methods that see every image twice per epoch are unfairly compared with a baseline that sees it once.

    Equations: CE over the 2n images, mean.

    Differences from the authors' code: none, there is no such code. The two views share one pass, as in DDGSD; with
    ``joint: false`` they go through the network one after the other, as in DLB, and batch normalisation sees them apart.

    Sources: joint: our choice, as DDGSD passes its views.
    """

    label = "Baseline, two views"
    views = 2
    passes = {"forward": 2, "backward": 2}

    @dataclass(frozen=True)
    class Params:
        """Whether both views share one pass."""

        joint: bool = True

    def forward(self, batch: Batch, clock: Clock) -> Step:
        if self.params.joint:
            first, second = self.student(torch.cat(batch.views)).chunk(2)
        else:
            first, second = (self.student(view) for view in batch.views)
        loss = F.cross_entropy(torch.cat([first, second]), batch.labels.repeat(2))
        return Step(first, batch.labels, {"ce": loss})
