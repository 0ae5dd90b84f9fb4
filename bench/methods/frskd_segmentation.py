"""Feature refinement via self-knowledge distillation, for semantic segmentation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.methods.shared.attention import area_share, attention_loss
from bench.methods.shared.checks import check_not_negative, check_positive
from bench.methods.shared.losses import tempered_kl
from bench.methods.shared.pixels import pixel_cross_entropy
from bench.methods.shared.pyramid_self_teacher import PyramidSelfTeacher
from bench.methods.shared.weights import ramp
from bench.tasks.segmentation import Segmenter


class SegmentationFeatureRefinement(Method):
    """Refine a segmentation network's pyramid with two more layers, and learn from the refined maps and predictions.

    Paper: Ji et al., Refine Myself by Teaching Myself: Feature Refinement via Self-Knowledge Distillation, CVPR 2021 (Table 4).

    Equations: CE(z) + CE(z_t) + r (alpha KD(z <- z_t; tau) + beta sum_i at(S_i, T_i)) over six levels; KD over all pixels,
    void and padding included; r = 0 for the first 40 of 60 epochs, then exp(-5 (1 - (e + 1 - 40) / 20)^2), e counted from 0.

    Differences from the authors' code: none known. CE(z_t) reaches the network; at is ruled by the coarsest maps (60 % of it
    is p7's at 512 pixels) and grows with (512 / S)^2 for images of S pixels, which ``full_size`` undoes (ours). The second head
    costs more than the backbone: 1.6 times the baseline's multiplications.

    Sources: alpha, beta, warm_up: the paper's section 4.2; temperature: the authors' code; full_size: ours.
    """

    label = "FRSKD"
    tasks = ("segmentation",)
    student: Segmenter
    passes = {"forward": 1.6, "backward": 1.6}

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters of PASCAL VOC; ``warm_up`` in epochs of the schedule.

        With ``full_size``, the side of the images that ``beta`` is meant for, the feature term of other images is multiplied by
        their share of its area, which it grows by the inverse of.
        """

        alpha: float = 1.0
        beta: float = 50.0
        temperature: float = 1.0
        warm_up: float = 40
        full_size: int = 0

        def __post_init__(self) -> None:
            check_not_negative(alpha=self.alpha, beta=self.beta, warm_up=self.warm_up, full_size=self.full_size)
            check_positive(temperature=self.temperature)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.self_teacher = PyramidSelfTeacher(self.student.net, self.num_classes)

    def forward(self, batch: Batch, clock: Clock) -> Step:
        params, masks = self.params, batch.labels
        pyramid = self.student.pyramid(batch.images)
        own, refined, taught = self.self_teacher(pyramid)
        distance = torch.stack([attention_loss(*pair) for pair in zip(own, refined, strict=True)]).sum()
        rise = distillation_share(clock, params.warm_up)
        area = area_share(pyramid.logits.shape[2:], params.full_size)
        losses = {
            "ce": pixel_cross_entropy(pyramid.logits, masks),
            "ce_self_teacher": pixel_cross_entropy(taught, masks),
            "kd": rise * params.alpha * tempered_kl(pyramid.logits, taught, params.temperature).mean(),
            "feature": rise * params.beta * area * distance,
        }
        return Step(pyramid.logits, masks, losses, {"distance": distance})


def distillation_share(clock: Clock, warm_up: float) -> float:
    """r: 0 until ``warm_up`` epochs of the schedule are over, then rising from about 0 to 1 in the last epoch."""
    if clock.schedule_epoch < warm_up:
        return 0.0
    total = clock.schedule_epochs or clock.epochs
    return ramp(clock.epoch * total / clock.epochs - warm_up, total - warm_up)
