"""Teacher-free distillation from a virtual teacher."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.methods.shared.checks import check_choice, check_not_negative, check_positive, check_share
from bench.methods.shared.losses import tempered_kl


class TeacherFreeRegularization(Method):
    """Learn from a teacher made up by hand that is right with probability a0 and spreads the rest evenly.

    Paper: Yuan et al., Revisiting Knowledge Distillation via Label Smoothing Regularization, CVPR 2020 (Tf-KD_reg).

    Equations: (1 - a) CE(z, y) + a m KL(softmax(p_d / T) || softmax(z)), p_d being a0 on the true class and (1 - a0) / (C -
    1) elsewhere. With ``soften: logit`` the paper's form: KL of p_d and the student, both softened as logits divided by T,
    without T^2.

    Differences from the authors' code: it averages the divergence over classes too; the mean over samples used here makes its
    multiplier M our m = M / C (1 for ResNet-18 on CIFAR-100). As there, the temperature divides probabilities and the student
    is not softened, so the target is nearly uniform (T = 20, C = 100: 0.0105 on the true class).

    Sources: weight, multiplier, temperature: the authors' code for ResNet-18 on CIFAR-100; correct, soften: the authors' code.
    """

    label = "Tf-KD_reg"

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters: ``weight`` is a, ``multiplier`` m, ``correct`` a0."""

        weight: float = 0.1
        multiplier: float = 1.0
        temperature: float = 20.0
        correct: float = 0.99
        soften: str = "prob"

        def __post_init__(self) -> None:
            check_share(weight=self.weight)
            check_not_negative(multiplier=self.multiplier)
            check_positive(temperature=self.temperature)
            if not 0 < self.correct < 1:
                raise ValueError(f"correct is {self.correct}; allowed: above 0 and below 1")
            check_choice("soften", self.soften, ("prob", "logit"))

    def forward(self, batch: Batch, clock: Clock) -> Step:
        params = self.params
        logits = self.student(batch.images)
        losses = {
            "ce": (1 - params.weight) * F.cross_entropy(logits, batch.labels),
            "kd": params.weight * params.multiplier * self.divergence(logits, batch.labels).mean(),
        }
        return Step(logits, batch.labels, losses)

    def divergence(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Per-sample divergence (B,) of the student from the virtual teacher."""
        temperature = self.params.temperature
        virtual = self.virtual_teacher(labels)
        if self.params.soften == "prob":
            return tempered_kl(logits, virtual / temperature, 1.0)
        return tempered_kl(logits, virtual.log(), temperature) / temperature**2

    def virtual_teacher(self, labels: Tensor) -> Tensor:
        """p_d, (B, C)."""
        others = (1 - self.params.correct) / (self.num_classes - 1)
        teacher = torch.full((len(labels), self.num_classes), others, device=labels.device)
        return teacher.scatter(1, labels[:, None], self.params.correct)
