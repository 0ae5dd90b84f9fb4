"""Overhaul of feature distillation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench.methods.shared.checks import check_choice
from bench.methods.shared.feature_teacher import FeatureTeacherMethod, check_feature_teacher, normalise_by_batches


class Overhaul(FeatureTeacherMethod):
    """Match a trained teacher before the ReLU of every stage, where it says something, and its softened predictions.

    Paper: Heo et al., A Comprehensive Overhaul of Feature Distillation, ICCV 2019; in the setting of FRSKD's Table 7.

    Equations: CE + alpha KD(z <- z_T; tau) + beta sum_i 2^-(n-1-i) d(r_i(F_i), max(F_T,i, m_i)), d the squared distance
    without the elements where the target is not positive and the student below it, summed and divided by the batch; r_i a 1x1
    convolution with batch norm; m_i the mean of the negative outputs of the teacher's last batch norm of the stage.

    Differences from the authors' code: it has no soft labels (``alpha: 0``) and keeps the teacher's batch norms in training
    mode (``teacher_norm: batch``; here they use their running statistics). FRSKD's comparison states no weights: alpha is
    FRSKD's, beta the 1e-3 of the authors on CIFAR (1e-4 on 224 pixels).

    Sources: alpha, temperature: FRSKD's section 4.1, its values for CIFAR-100; beta: the authors' code, its value for CIFAR;
    teacher_norm: our rule that teachers are in eval mode.
    """

    label = "Overhaul"
    teacher_roles = ("offline",)
    passes = {"forward": 1, "backward": 1, "teacher": 2.1}
    needs = {"stages": 1, "as_many_stages_as": "offline"}
    feature = "overhaul"

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters of CIFAR-100."""

        alpha: float = 2.0
        beta: float = 1e-3
        temperature: float = 4.0
        teacher_norm: str = "running"

        def __post_init__(self) -> None:
            check_feature_teacher(self.alpha, self.beta, self.temperature)
            check_choice("teacher_norm", self.teacher_norm, ("running", "batch"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.params.teacher_norm == "batch":
            normalise_by_batches(self.teachers["offline"])
