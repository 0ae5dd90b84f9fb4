"""Feature distillation in which shallow student features are compared after a review of the deeper ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.methods.shared.batch_statistics import running_statistics_kept
from bench.methods.shared.checks import check_choice, check_not_negative
from bench.methods.shared.review_fusion import ReviewFusion, hierarchical_context_loss
from bench.methods.shared.stages import stage_channels
from bench.methods.shared.weights import rise
from bench.tasks.classification import Classifier


class KnowledgeReview(Method):
    """Fuse the student's features from deep to shallow and let each fused feature match the teacher's of that level.

    Paper: Chen et al., Distilling Knowledge via Knowledge Review, CVPR 2021 (ReviewKD).

    Equations: CE + min(1, e/20) lambda sum_j HCL(ABF_j(f_j, fused_{j+1}), t_j), e counted from 0, over the stages and
    the pooled feature; f after the stage's ReLU, t before it (pre-activation networks: the bare sum, and the next
    norm's output).

    Differences from the authors' code: its CIFAR script never puts the teacher in eval mode; eval is the default here
    and ``teacher_bn: train`` is theirs (the frozen teacher's running statistics are left alone, which changes nothing
    there). Its ImageNet code shows the teacher after the ReLU too, MobileNet's student before it, has no warm-up and
    passes on 256 channels for the ResNet-50 pair: the paper's YAML sets so. The
    supplement gives lambda 5 for CIFAR-100, the scripts 0.6 to 8 by pair; the pair's value belongs in the
    paper's YAML.

    Sources: weight: the supplement, its value for CIFAR-100; warm_up, widest, student_before_activation,
    teacher_before_activation: the authors' CIFAR-100 code; teacher_bn: the authors' ImageNet code.
    """

    label = "ReviewKD"
    teacher_roles = ("offline",)
    # How much larger the teacher's pass is than the student's, and what the fusion costs, depends on the pair: not counted.
    passes = {"forward": 1, "backward": 1, "teacher": 1}
    needs = {"stages": 1, "as_many_stages_as": "offline"}
    named = {"ReviewKD, teacher in train mode": {"teacher_bn": "train"}}

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters. ``weight`` is lambda; ``widest`` bounds the channels that are passed from level to level."""

        weight: float = 5.0
        warm_up: float = 20
        widest: int = 512
        teacher_bn: str = "eval"
        student_before_activation: bool = False
        teacher_before_activation: bool = True

        def __post_init__(self) -> None:
            check_not_negative(weight=self.weight, warm_up=self.warm_up)
            check_choice("teacher_bn", self.teacher_bn, ("eval", "train"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teacher = self.teachers["offline"]
        own, theirs = stage_channels(self.student), stage_channels(teacher)
        own, theirs = [*own, self.student.feature_width], [*theirs, teacher.feature_width]
        self.fusion = ReviewFusion(own, theirs, self.params.widest)
        if self.params.teacher_bn == "train":
            for module in teacher.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.train()

    def forward(self, batch: Batch, clock: Clock) -> Step:
        params, images = self.params, batch.images
        teacher = self.teachers["offline"]
        with torch.no_grad(), running_statistics_kept(teacher):
            _, targets = _levels(teacher, images, params.teacher_before_activation)
        logits, features = _levels(self.student, images, params.student_before_activation)
        fused = self.fusion(features, [target.shape[2:] for target in targets])
        distance = torch.stack([hierarchical_context_loss(*pair) for pair in zip(fused, targets, strict=True)]).sum()
        weight = clock.scalar(lambda now: params.weight * rise(now.schedule_epoch, params.warm_up))
        losses = {"ce": F.cross_entropy(logits, batch.labels), "review": weight * distance}
        return Step(logits, batch.labels, losses, {"distance": distance})


def _levels(network: Classifier, images: Tensor, before_activation: bool) -> tuple[Tensor, list[Tensor]]:
    """Logits (B, C) and what is reviewed, shallow to deep: each stage's map, the pooled feature as a map of one pixel."""
    taps = network.look(images, before_activation)
    return taps.logits, [*taps.maps, taps.pooled[:, :, None, None]]
