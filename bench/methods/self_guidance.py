"""Sub-networks that learn from the full network they are part of."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from bench.data import Batch
from bench.methods._method import Clock, Step
from bench.methods.shared.batch_statistics import running_statistics_kept
from bench.methods.shared.checks import check_choice, check_not_negative, check_positive
from bench.methods.shared.losses import tempered_kl_with_target_gradient
from bench.methods.shared.stochastic_depth import SamplingMethod, check_survival, draw_gates, sampled_logits


class SelfGuidance(SamplingMethod):
    """Let a randomly sampled sub-network match the prediction of the full network, with which it shares its weights.

    Paper: Zheng and Peng, Self-Guidance: Improve Deep Neural Network Generalization via Knowledge Distillation, WACV 2022.

    Equations: CE(z_S, y) + CE(z_T, y) + lambda tau^2 KL(p_T || p_S) (eq. 5); z_S from the blocks that survive (eq. 3),
    z_T from all of them, each scaled by its survival probability (eq. 4), in training too (algorithm 1). Deployed is
    z_T.

    Differences from the authors' code: no code is public. Where the paper is open: "KL(p_S, p_T)" is read in ONE's
    order, teacher first and detached (``divergence``, ``detach``); both passes normalise by their batch, and only the
    teacher's, which is deployed, updates running statistics (``running_statistics: both``: the student's too, first);
    "w/o backward full network" (``teacher_gradient: false``) is the teacher pass without gradient and without its cross
    entropy. With lambda = 0 CE(z_T) stays, unlike in stochastic depth.

    Sources: weight, temperature, survival: the paper's experiments; running_statistics, divergence, detach: our readings;
    teacher_gradient: the paper's algorithm 1.
    """

    label = "Self-Guidance"
    passes = {"forward": 1.74, "backward": 1.74}
    needs = {"gated_blocks": True}
    named = {
        "Self-Guidance without backward through the full network": {"teacher_gradient": False},
        "Self-Guidance, statistics of both passes": {"running_statistics": "both"},
    }

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters. ``weight`` is lambda, ``survival`` is p_L, the last block's survival probability."""

        weight: float = 0.25
        temperature: float = 3.0
        survival: float = 0.5
        running_statistics: str = "teacher"
        teacher_gradient: bool = True
        divergence: str = "forward"
        detach: bool = True

        def __post_init__(self) -> None:
            check_survival(self.survival)
            check_not_negative(weight=self.weight)
            check_positive(temperature=self.temperature)
            check_choice("running_statistics", self.running_statistics, ("teacher", "both"))
            check_choice("divergence", self.divergence, ("forward", "reverse"))

    def forward(self, batch: Batch, clock: Clock) -> Step:
        params, images, labels = self.params, batch.images, batch.labels
        gates = draw_gates(self.probabilities)
        with nullcontext() if params.running_statistics == "both" else running_statistics_kept(self.student):
            sampled = sampled_logits(self.student, images, gates)
        with torch.set_grad_enabled(params.teacher_gradient):
            full = self.student(images)
        losses = {"ce_student": F.cross_entropy(sampled, labels)}
        if params.teacher_gradient:
            losses["ce_teacher"] = F.cross_entropy(full, labels)
        if params.weight:
            losses["kd"] = params.weight * self._divergence(sampled, full).mean()
        return Step(full, labels, losses, {"active_blocks": torch.tensor(sum(gates))})

    def _divergence(self, sampled: Tensor, full: Tensor) -> Tensor:
        teacher = full.detach() if self.params.detach else full
        pair = (sampled, teacher) if self.params.divergence == "forward" else (teacher, sampled)
        return tempered_kl_with_target_gradient(*pair, self.params.temperature)
