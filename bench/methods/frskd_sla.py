"""Feature refinement combined with self-supervised label augmentation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.methods.shared.attention import area_share, attention_loss
from bench.methods.shared.bifpn import KINDS as SELF_TEACHERS
from bench.methods.shared.bifpn import SelfTeacher
from bench.methods.shared.checks import check_choice, check_not_negative, check_positive
from bench.methods.shared.losses import tempered_kl
from bench.methods.shared.rotations import ROTATIONS, aggregate, joint_labels, rotate_four_ways
from bench.methods.shared.stages import stage_channels


class AugmentedFeatureRefinement(Method):
    """Give FRSKD's network and self-teacher a joint classifier of class and rotation each, and distil over all rotations.

    Paper: Ji et al., Refine Myself by Teaching Myself: Feature Refinement via Self-Knowledge Distillation, CVPR 2021
    (FRSKD+SLA). The paper names the combination and does not define it; the authors' code does.

    Equations: CE(z_c) + CE(z_t) + CE(j_c, 4y + r) + CE(j_t, 4y + r) + a [KD(z_c <- agg_c) + KD(z_t <- agg_t)] + alpha
    KD([z_c; agg_c] <- [z_t; agg_t]) + beta sum_i at([F_i; F_i^rot], [T_i; T_i^rot]), all at tau, agg as in SLA-SD. agg_c is a
    constant as a target and learns as a learner.

    Differences from the authors' code: none known. As there, the images and their four rotations are two passes through
    network and self-teacher, so running statistics are updated twice per step, and tau is FRSKD's 4 where SLA's own code has
    1.

    Sources: alpha, beta, self_teacher, width: the paper's section 4.1; aux, temperature: the authors' code; full_size: ours.
    """

    label = "FRSKD+SLA"
    passes = {"forward": 8.4, "backward": 8.4}
    needs = {"stages": 1}

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters; ``aux`` is a, ``full_size`` the side of the images that ``beta`` is meant for."""

        alpha: float = 2.0
        beta: float = 100.0
        aux: float = 1.0
        temperature: float = 4.0
        self_teacher: str = "bifpnc"
        width: int = 2
        full_size: int = 0

        def __post_init__(self) -> None:
            check_choice("self_teacher", self.self_teacher, SELF_TEACHERS)
            check_not_negative(alpha=self.alpha, beta=self.beta, aux=self.aux, full_size=self.full_size)
            check_positive(temperature=self.temperature, width=self.width)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        params, channels, classes = self.params, stage_channels(self.student), self.num_classes
        self.self_teacher = SelfTeacher(params.self_teacher, channels, params.width, classes)
        self.joint_student = nn.Linear(channels[-1], ROTATIONS * classes)
        self.joint_self_teacher = nn.Linear(self.self_teacher.channels[-1], ROTATIONS * classes)

    def forward(self, batch: Batch, clock: Clock) -> Step:
        params, images, labels, joint = self.params, batch.images, batch.labels, joint_labels(batch.labels)
        logits, maps = self.student.features(images)
        taught, refined = self.self_teacher(maps)
        _, rotated = self.student.features(rotate_four_ways(images))
        _, rotated_refined = self.self_teacher(rotated)
        joint_logits = self.joint_student(rotated[-1].mean((2, 3))).float()
        joint_taught = self.joint_self_teacher(rotated_refined[-1].mean((2, 3))).float()
        aggregated, aggregated_taught = aggregate(joint_logits), aggregate(joint_taught)
        losses = {
            "ce": F.cross_entropy(logits, labels),
            "ce_self_teacher": F.cross_entropy(taught, labels),
            "ce_joint": F.cross_entropy(joint_logits, joint) + F.cross_entropy(joint_taught, joint),
            "kd_rotations": params.aux * (self._match(logits, aggregated) + self._match(taught, aggregated_taught)),
            "kd": params.alpha * self._match(torch.cat([logits, aggregated]), torch.cat([taught, aggregated_taught])),
        }
        if params.beta:
            terms = [
                attention_loss(torch.cat([plain, turned]), torch.cat([target, turned_target]))
                for plain, turned, target, turned_target in zip(maps, rotated, refined, rotated_refined, strict=True)
            ]
            losses["feature"] = params.beta * area_share(images.shape[2:], params.full_size) * torch.stack(terms).sum()
        return Step(logits, labels, losses)

    def _match(self, learner: Tensor, target: Tensor) -> Tensor:
        return tempered_kl(learner, target, self.params.temperature).mean()
