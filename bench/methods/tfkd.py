"""Teacher-free distillation from a trained network of the same kind."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F

from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.methods.shared.losses import tempered_kl
from bench.methods.shared.weights import Weight, check_weight, epoch_weight


class TeacherFreeSelf(Method):
    """Learn from a network of the same architecture that was trained with cross entropy before.

    Paper: Yuan et al., Revisiting Knowledge Distillation via Label Smoothing Regularization, CVPR 2020 (Tf-KD_self).

    Equations: CE + w KD(z <- z_T; tau); with ``form: convex`` (1 - w) CE + w KD. DRRNet-SKD's unfixed weight is w = 1 -
    t/T (its eq. 1).

    Differences from the authors' code: the code averages the divergence over classes as well and multiplies it by a
    tuned constant (50 for ResNet-18 on CIFAR-100); here it is the mean over samples with one explicit weight, and the
    additive form of DRRNet-SKD's eq. 10 is the default. The code's teacher is the best checkpoint on the test set; here
    it is the last.

    Sources: weight: DRRNet-SKD's Table 2, whose row equals "fixed 0.7" of its Table 1; temperature: not stated there, DLB's;
    form: DRRNet-SKD's equation 10.
    """

    label = "Tf-KD"
    teacher_roles = ("offline",)
    passes = {"forward": 1, "backward": 1, "teacher": 1}
    named = {"Tf-KD, unfixed": {"weight": "falling"}}

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters. ``weight`` is a number, "rising" (t/T) or "falling" (1 - t/T)."""

        weight: Weight = 0.7
        temperature: float = 3.0
        form: str = "additive"

        def __post_init__(self) -> None:
            check_weight(self.weight)
            if self.form not in ("additive", "convex"):
                raise ValueError(f"form is '{self.form}'; allowed: additive, convex")

    def forward(self, batch: Batch, clock: Clock) -> Step:
        images = batch.images
        logits = self.student(images)
        weight = epoch_weight(self.params.weight, clock)
        distillation = tempered_kl(logits, self.ask("offline", images), self.params.temperature).mean()
        additive, given = self.params.form == "additive", self.params.weight
        share = 1.0 if additive else clock.scalar(lambda now: 1.0 - epoch_weight(given, now))
        losses = {"ce": share * F.cross_entropy(logits, batch.labels), "kd": weight * distillation}
        return Step(logits, batch.labels, losses)
