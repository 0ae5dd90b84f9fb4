"""Self-supervised label augmentation with self-distillation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch.nn.functional as F
from torch import nn

from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.methods.shared.checks import check_not_negative, check_positive
from bench.methods.shared.losses import tempered_kl
from bench.methods.shared.rotations import ROTATIONS, aggregate, joint_labels, rotate_four_ways


class LabelAugmentation(Method):
    """Tell class and rotation apart jointly, and teach the plain classifier what the joint one thinks over all four rotations.

    Paper: Lee et al., Self-supervised Label Augmentation via Input Transformations, ICML 2020 (SLA+SD).

    Equations: w CE(z_joint, 4y + r) over the four rotations + CE(z, y) + lambda KD(z <- z_agg; tau) with z_agg[c] the mean
    over r of z_joint^(r)[4c + r] (its eq. 5 and 6). z and the target belong to the unrotated image; the target is a constant.

    Differences from the authors' code: none known. As there, one pass holds all 4n images, so batch normalisation sees every
    rotation, and the joint weight w is 1 (4 for large-scale data, its --with-large-loss). Its accuracy is the best validation
    epoch's.

    Sources: weight, joint_weight, temperature: the authors' code (hankook/SLA).
    """

    label = "SLA-SD"
    passes = {"forward": 4, "backward": 4}

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters: ``weight`` is lambda, ``joint_weight`` w."""

        weight: float = 1.0
        joint_weight: float = 1.0
        temperature: float = 1.0

        def __post_init__(self) -> None:
            check_not_negative(weight=self.weight, joint_weight=self.joint_weight)
            check_positive(temperature=self.temperature)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.joint_classifier = nn.Linear(self.student.feature_width, ROTATIONS * self.num_classes)

    def forward(self, batch: Batch, clock: Clock) -> Step:
        params, labels = self.params, batch.labels
        rotated, pooled = self.student.penultimate(rotate_four_ways(batch.images))
        joint, logits = self.joint_classifier(pooled).float(), rotated[::ROTATIONS]
        losses = {
            "ce": F.cross_entropy(logits, labels),
            "ce_joint": params.joint_weight * F.cross_entropy(joint, joint_labels(labels)),
            "kd": params.weight * tempered_kl(logits, aggregate(joint), params.temperature).mean(),
        }
        return Step(logits, labels, losses)
