"""Residual networks that lose a random part of their blocks in every step."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from bench.data import Batch
from bench.methods._method import Clock, Step
from bench.methods.shared.stochastic_depth import SamplingMethod, check_survival, draw_gates, sampled_logits


class StochasticDepth(SamplingMethod):
    """Skip residual blocks at random, the deeper the likelier, and use all of them at test time.

    Paper: Huang et al., Deep Networks with Stochastic Depth, ECCV 2016.

    Equations: H_l = ReLU(b_l f_l(H) + shortcut(H)) with b_l ~ Bernoulli(p_l), one draw per block and mini-batch; at
    test time p_l in place of b_l (eq. 3 and 4 of Self-Guidance); p_l = 1 - (l / L) (1 - p_L); cross entropy. The
    expected number of blocks is (3L - 1) / 4 for p_L = 0.5.

    Differences from the authors' code: none known in the rule, the test-time scaling, or the optimiser's step on
    skipped blocks (weight decay and momentum act on them). Their network pools and zero-pads in its shortcuts; here the
    shortcut is the backbone's. At rest the student holds the test-time scaling, which is no part of its state dict.

    Sources: survival: the paper.
    """

    label = "SD"
    passes = {"forward": 0.74, "backward": 0.74}
    needs = {"gated_blocks": True}

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters. ``survival`` is p_L, the last block's probability."""

        survival: float = 0.5

        def __post_init__(self) -> None:
            check_survival(self.survival)

    def forward(self, batch: Batch, clock: Clock) -> Step:
        gates = draw_gates(self.probabilities)
        logits = sampled_logits(self.student, batch.images, gates)
        loss = F.cross_entropy(logits, batch.labels)
        return Step(logits, batch.labels, {"ce": loss}, {"active_blocks": torch.tensor(sum(gates))})
