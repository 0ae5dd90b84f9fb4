"""Knowledge review on a detector's feature pyramid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from bench.backbones.detection.settings import STRIDES
from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.methods.shared.checks import check_not_negative
from bench.methods.shared.review_fusion import ReviewFusion, hierarchical_context_loss
from bench.tasks.detection import Detector


class DetectionReview(Method):
    """Fuse the student's pyramid from coarse to fine and let each fused level match the teacher's.

    Paper: Chen et al., Distilling Knowledge via Knowledge Review, CVPR 2021, supplement (ReviewKD).

    Equations: L_det + weight sum_l HCL(ABF_l(p_l, fused_{l+1}), t_l) over p2 to p6; no warm-up; padding takes part.

    Differences from the authors' code: none known. The supplement gives 0.5 for all pairs and calls the pyramid's outputs the
    backbone's features; the released configurations have 1.0 (ResNet-50), 1.2 (ResNet-18) and 2.0 (MobileNetV2).

    Sources: weight: the released configuration of ResNet-50, the pair's value belongs in the paper's YAML.
    """

    label = "ReviewKD"
    tasks = ("detection",)
    student: Detector
    teachers: dict[str, Detector]
    teacher_roles = ("offline",)
    passes = {"forward": 1.3, "backward": 1.3, "teacher": 1}

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters. ``weight`` is lambda."""

        weight: float = 1.0

        def __post_init__(self) -> None:
            check_not_negative(weight=self.weight)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own, theirs = self.student.map_channels, self.teachers["offline"].map_channels
        self.fusion = ReviewFusion([own] * len(STRIDES), [theirs] * len(STRIDES), widest=own)

    def forward(self, batch: Batch, clock: Clock) -> Step:
        taps = self.student.look(batch.images, batch.labels)
        with torch.no_grad():
            _, targets = self.teachers["offline"].features(batch.images)
        fused = self.fusion(taps.maps, [target.shape[2:] for target in targets])
        distance = torch.stack([hierarchical_context_loss(*pair) for pair in zip(fused, targets, strict=True)]).sum()
        losses = {**taps.losses, "review": self.params.weight * distance}
        return Step(taps.logits, batch.labels, losses, {"distance": distance})
