"""Be your own teacher: classifiers at every depth, taught by the deepest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.methods.shared.checks import check_choice, check_not_negative, check_positive, check_share
from bench.methods.shared.losses import at_least_fp32, tempered_kl
from bench.methods.shared.stages import shrinkage, stage_channels

FORMS = {"authors": {"alpha": 0.3, "beta": 0.03}, "unofficial": {"alpha": 0.1, "beta": 1e-6}}


class BeYourOwnTeacher(Method):
    """Give every shallow stage a classifier that learns from the labels, the deepest prediction and the deepest feature.

    Paper: Zhang et al., Be Your Own Teacher: Improve the Performance of Convolutional Neural Networks via Self Distillation,
    ICCV 2019.

    Equations: CE(z_n) + sum_i [(1 - a) CE(z_i) + a KD(z_i <- z_n; tau) / tau^2] + b sum_i ||W_i f_i - f_n||, the length of the
    difference of the pooled features of the whole batch, W_i a learned linear layer, without the shallow classifier next to
    the deepest. ``form: unofficial`` is (1 - a) [CE(z_n) + sum_i CE(z_i)] + a sum_i KD(z_i <- z_n; tau) + b sum_i S_i, S_i the
    squared distance of f_i and f_n where one of them is positive. z_n and f_n are constants as targets.

    Differences from the authors' code: it is of the paper's journal revision, whose separable heads and attention modules are
    not built: the heads are the bottlenecks of the first paper. Its comment says that the term of features leaves out the
    shallowest classifier; its list begins with the deepest one, and the code is followed. Soft cross entropies are divergences
    here, which differ by a constant. A length or sum over the batch makes b depend on the batch size: both are meant for 128.

    Sources: alpha, beta, temperature: the authors' code (ArchipLab-LinfengZhang/pytorch-self-distillation-final); form:
    unofficial: luanyunteng/pytorch-be-your-own-teacher, whose a is 0.1 and b 1e-6.
    """

    label = "BYOT"
    passes = {"forward": 1.07, "backward": 1.07}
    needs = {"stages": 2}
    named = {"BYOT, unofficial form": {"form": "unofficial"}}

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters: ``alpha`` is a, ``beta`` is b; where they are not given they depend on ``form``."""

        form: str = "authors"
        alpha: float | None = None
        beta: float | None = None
        temperature: float = 3.0

        def __post_init__(self) -> None:
            check_choice("form", self.form, tuple(FORMS))
            for name, value in FORMS[self.form].items():
                if getattr(self, name) is None:
                    object.__setattr__(self, name, value)
            check_share(alpha=self.alpha)  # type: ignore[arg-type]
            check_not_negative(beta=self.beta)  # type: ignore[arg-type]
            check_positive(temperature=self.temperature)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        *shallow, deepest = stage_channels(self.student)
        factors = shrinkage(self.student)[:-1]
        self.heads = nn.ModuleList(
            _Head(channels, deepest, factor, self.num_classes) for channels, factor in zip(shallow, factors, strict=True)
        )
        adapted = len(shallow) - 1 if self.params.form == "authors" else 0
        self.adapters = nn.ModuleList(nn.Linear(deepest, deepest) for _ in range(adapted))

    def forward(self, batch: Batch, clock: Clock) -> Step:
        params, labels = self.params, batch.labels
        logits, maps = self.student.features(batch.images)
        feature = maps[-1].mean((2, 3))
        heads = [head(shallow) for head, shallow in zip(self.heads, maps[:-1], strict=True)]
        deepest = F.cross_entropy(logits, labels)
        shallow = torch.stack([F.cross_entropy(head, labels) for head, _ in heads]).sum()
        divergence = torch.stack([tempered_kl(head, logits, params.temperature).mean() for head, _ in heads]).sum()
        hints = [hint for _, hint in heads]
        if params.form == "authors":
            divergence = divergence / params.temperature**2
            lengths = [_length(adapter(hint), feature) for adapter, hint in zip(self.adapters, hints[:-1], strict=True)]
            distance = torch.stack(lengths).sum() if lengths else logits.new_zeros(())
        else:
            deepest = (1 - params.alpha) * deepest
            distance = torch.stack([partial_distance(hint, feature) for hint in hints]).sum()
        losses = {
            "ce": deepest + (1 - params.alpha) * shallow,
            "kd": params.alpha * divergence,
            "feature": params.beta * distance,
        }
        return Step(logits, labels, losses)


def _length(student: Tensor, teacher: Tensor) -> Tensor:
    """Length of the difference of two features (B, d) of the whole batch; the teacher is a constant."""
    return torch.linalg.vector_norm(at_least_fp32(student) - at_least_fp32(teacher.detach()))


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
