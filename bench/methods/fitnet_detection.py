"""FitNet on a detector's body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.methods.shared.checks import check_choice, check_not_negative
from bench.methods.shared.losses import at_least_fp32
from bench.tasks.detection import Detector

STAGES = ("res2", "res3", "res4", "res5")


class DetectionHint(Method):
    """Regress a map of a trained detector's body from the student's.

    Paper: Romero et al., FitNets: Hints for Thin Deep Nets, ICLR 2015; on detectors as in the supplement of Chen et al.,
    Distilling Knowledge via Knowledge Review, CVPR 2021 ("the backbone's second stage").

    Equations: L_det + weight mean((r(F_S) - F_T)^2) over all elements, r a 1x1 convolution with batch norm and ReLU.

    Differences from the authors' code: not released. The second stage is read as res3: res2 is frozen in the students on
    ResNets, so that a hint there would train its regressor alone. The regressor is RepDistiller's.

    Sources: weight: the supplement; stage: our reading of it.
    """

    label = "FitNet"
    tasks = ("detection",)
    student: Detector
    teachers: dict[str, Detector]
    teacher_roles = ("offline",)
    passes = {"forward": 1, "backward": 1, "teacher": 1}

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters."""

        weight: float = 0.1
        stage: str = "res3"

        def __post_init__(self) -> None:
            check_not_negative(weight=self.weight)
            check_choice("stage", self.stage, STAGES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stage = STAGES.index(self.params.stage)
        own, theirs = (net.stage_channels[self.stage] for net in (self.student, self.teachers["offline"]))
        self.regressor = nn.Sequential(nn.Conv2d(own, theirs, 1), nn.BatchNorm2d(theirs), nn.ReLU())

    def forward(self, batch: Batch, clock: Clock) -> Step:
        taps = self.student.look(batch.images, batch.labels)
        with torch.no_grad():
            stages, _ = self.teachers["offline"].features(batch.images)
        regressed = at_least_fp32(self.regressor(taps.stages[self.stage]))
        hint = F.mse_loss(regressed, at_least_fp32(stages[self.stage]))
        return Step(taps.logits, batch.labels, {**taps.losses, "hint": self.params.weight * hint})
