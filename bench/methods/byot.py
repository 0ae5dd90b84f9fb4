"""Be your own teacher: classifiers at every depth, taught by the deepest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.methods.shared.checks import check_not_negative, check_positive, check_share
from bench.methods.shared.losses import at_least_fp32, tempered_kl
from bench.methods.shared.stages import shrinkage, stage_channels


class BeYourOwnTeacher(Method):
    """Give every shallow stage a classifier that learns from the labels, the deepest prediction and the deepest feature.

    Paper: Zhang et al., Be Your Own Teacher: Improve the Performance of Convolutional Neural Networks via Self Distillation,
    ICCV 2019.

    Equations: (1 - a) [CE(z_n) + sum_i CE(z_i)] + a sum_i KD(z_i <- z_n; tau) + b sum_i S_i, S_i the squared distance of the
    pooled features f_i and f_n, left out where neither is positive, summed over all elements and the batch. z_n and f_n are
    constants there.

    Differences from the authors' code: none is public; a, tau and b are those of an unofficial one, whose soft cross entropy
    differs from the divergence here by a constant and which builds three modules that it never runs (232,448 parameters on
    ResNet-18), left out here. S_i is a sum over the batch, so b depends on the batch size: 1e-6 is meant for 128 images.

    Sources: alpha, beta, temperature: an unofficial implementation (luanyunteng/pytorch-be-your-own-teacher); the paper's own
    are unknown.
    """

    label = "BYOT"
    passes = {"forward": 1.07, "backward": 1.07}
    needs = {"stages": 2}

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters: ``alpha`` is a, ``beta`` is b."""

        alpha: float = 0.1
        beta: float = 1e-6
        temperature: float = 3.0

        def __post_init__(self) -> None:
            check_share(alpha=self.alpha)
            check_not_negative(beta=self.beta)
            check_positive(temperature=self.temperature)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        *shallow, deepest = stage_channels(self.student)
        factors = shrinkage(self.student)[:-1]
        self.heads = nn.ModuleList(
            _Head(channels, deepest, factor, self.num_classes) for channels, factor in zip(shallow, factors, strict=True)
        )

    def forward(self, batch: Batch, clock: Clock) -> Step:
        params, labels = self.params, batch.labels
        logits, maps = self.student.features(batch.images)
        feature = maps[-1].mean((2, 3))
        heads = [head(shallow) for head, shallow in zip(self.heads, maps[:-1], strict=True)]
        cross_entropies = [F.cross_entropy(item, labels) for item in (logits, *(head for head, _ in heads))]
        divergences = [tempered_kl(head, logits, params.temperature).mean() for head, _ in heads]
        losses = {
            "ce": (1 - params.alpha) * torch.stack(cross_entropies).sum(),
            "kd": params.alpha * torch.stack(divergences).sum(),
            "feature": params.beta * torch.stack([partial_distance(hint, feature) for _, hint in heads]).sum(),
        }
        return Step(logits, labels, losses)


def partial_distance(student: Tensor, teacher: Tensor) -> Tensor:
    """Sum of squared differences where one of the two is positive; the teacher is a constant.

    Parameters
    ----------
    student, teacher
        (B, d) each.
    """
    student, teacher = at_least_fp32(student), at_least_fp32(teacher.detach())
    return ((student - teacher).square() * ((student > 0) | (teacher > 0))).sum()


class _Head(nn.Module):
    """A bottleneck that brings a shallow map to the deepest one's size and width, pooling, a classifier."""

    def __init__(self, inputs: int, outputs: int, factor: int, num_classes: int) -> None:
        super().__init__()
        middle = max(1, outputs // 4)
        self.bottleneck = nn.Sequential(
            *(nn.Conv2d(inputs, middle, 1), nn.BatchNorm2d(middle), nn.ReLU()),
            *(nn.Conv2d(middle, middle, factor, stride=factor), nn.BatchNorm2d(middle), nn.ReLU()),
            *(nn.Conv2d(middle, outputs, 1), nn.BatchNorm2d(outputs), nn.ReLU()),
        )
        for module in self.bottleneck:
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        self.classifier = nn.Linear(outputs, num_classes)

    def forward(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B, C) in fp32 and the pooled feature (B, d)."""
        feature = self.bottleneck(maps).mean((2, 3))
        return self.classifier(feature).float(), feature
