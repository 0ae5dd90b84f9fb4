"""Knowledge distillation by an on-the-fly native ensemble."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.methods.shared.branches import fresh_copy
from bench.methods.shared.checks import check_choice, check_not_negative, check_positive
from bench.methods.shared.losses import tempered_kl
from bench.methods.shared.stages import stage_channels
from bench.methods.shared.weights import ramp


class NativeEnsemble(Method):
    """Branch the last stage several times, gate the branches into an ensemble, and let every branch learn from it.

    Paper: Zhu et al., Knowledge Distillation by On-the-Fly Native Ensemble, NeurIPS 2018.

    Equations: sum_i CE(z_i) + CE(z_e) + ramp(e; R) sum_i KD(z_i <- z_e; tau) with z_e = sum_i g_i z_i and g =
    softmax(ReLU(BN(W pooled + b))) on what the branches share. Sums over branches, not means. The divergence is blind to the
    gate; it learns from CE(z_e).

    Differences from the authors' code: it adds 1e-7 to the target's probabilities. Its accuracy is the best epoch's of the
    first branch; here it is the last's of that branch, which is the student (``deploy: ensemble`` scores the gated ensemble,
    ONE-E). Its "ResNet-110" is a bottleneck network of 164 layers.

    Sources: branches, temperature, ramp: the authors' code; deploy: the branch that its authors score.
    """

    label = "ONE"
    passes = {"forward": 1.65, "backward": 1.65}
    needs = {"stages": 2}
    named = {"ONE-E": {"deploy": "ensemble"}}

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters; ``ramp`` counts epochs of the schedule."""

        branches: int = 3
        temperature: float = 3.0
        ramp: float = 80
        deploy: str = "branch"

        def __post_init__(self) -> None:
            if self.branches < 2:
                raise ValueError(f"branches is {self.branches}; allowed: 2 and more")
            check_positive(temperature=self.temperature)
            check_not_negative(ramp=self.ramp)
            check_choice("deploy", self.deploy, ("branch", "ensemble"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # In a tuple, so that the student's modules are not registered a second time.
        self.parts = self.student.split()
        branches = self.params.branches
        self.others = nn.ModuleList(fresh_copy(self.parts[1]) for _ in range(branches - 1))
        self.gate = nn.Sequential(nn.Linear(stage_channels(self.student)[-2], branches), nn.BatchNorm1d(branches), nn.ReLU())

    def forward(self, batch: Batch, clock: Clock) -> Step:
        labels, tau = batch.labels, self.params.temperature
        branches, ensemble = self.branches(batch.images)
        divergences = [tempered_kl(branch, ensemble, tau).mean() for branch in branches.unbind(1)]
        losses = {
            "ce": torch.stack([F.cross_entropy(branch, labels) for branch in branches.unbind(1)]).sum(),
            "ce_ensemble": F.cross_entropy(ensemble, labels),
            "kd": clock.scalar(lambda now: ramp(now.schedule_epoch, self.params.ramp)) * torch.stack(divergences).sum(),
        }
        return Step(branches[:, 0], labels, losses)

    def branches(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of every branch, (B, m, C), the student first, and of the gated ensemble, (B, C); fp32 both."""
        trunk, tail = self.parts
        shared = trunk(images)
        branches = torch.stack([branch(shared).float() for branch in (tail, *self.others)], dim=1)
        gate = self.gate(shared.mean((2, 3))).float().softmax(dim=1)
        return branches, (gate[:, :, None] * branches).sum(dim=1)

    def predict(self, images: Tensor) -> Tensor:
        """The student's logits, or the ensemble's where that is deployed."""
        return self.student(images) if self.params.deploy == "branch" else self.branches(images)[1]
