"""Distillation of stage features and soft labels from a trained teacher: what FitNet, attention transfer and overhaul share."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from bench.backbones import Network
from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.methods.shared.checks import check_not_negative, check_positive
from bench.methods.shared.feature_losses import build_feature_term
from bench.methods.shared.losses import tempered_kl
from bench.methods.shared.stages import stage_channels


class FeatureTeacherMethod(Method):
    """``CE(z) + alpha KD(z <- z_T; tau) + beta feature(F, F_T)`` over all stages (the comparison of FRSKD's Table 7).

    A subclass names the ``feature`` term and has ``alpha``, ``beta`` and ``temperature`` among its parameters.
    """

    feature: ClassVar[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teacher = self.teachers["offline"]
        norms = teacher.stage_norms() if self.feature == "overhaul" else ()
        self.term = build_feature_term(self.feature, stage_channels(self.student), stage_channels(teacher), norms)

    def forward(self, batch: Batch, clock: Clock) -> Step:
        params, images, before = self.params, batch.images, self.term.before_activation
        logits, maps = self.student.features(images, before)
        with torch.no_grad():
            answer, targets = self.teachers["offline"].features(images, before)
        losses = {
            "ce": F.cross_entropy(logits, batch.labels),
            "kd": params.alpha * tempered_kl(logits, answer, params.temperature).mean(),
            "feature": params.beta * self.share_of_beta(images) * self.term(maps, targets),
        }
        return Step(logits, batch.labels, losses)

    def share_of_beta(self, images: Tensor) -> float:
        """What the weight of the feature term is multiplied by on images (B, 3, h, w)."""
        return 1.0


def check_feature_teacher(alpha: float, beta: float, temperature: float) -> None:
    """Refuse impossible weights and temperatures."""
    check_not_negative(alpha=alpha, beta=beta)
    check_positive(temperature=temperature)


def normalise_by_batches(teacher: Network) -> None:
    """Put a frozen teacher's batch norms into training mode: they use each batch's statistics and leave their own untouched."""
    for module in teacher.modules():
        if isinstance(module, _BatchNorm):
            module.train()
            module.momentum = 0.0
