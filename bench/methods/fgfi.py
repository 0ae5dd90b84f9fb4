"""Fine-grained feature imitation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from bench.backbones.detection.settings import STRIDES
from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.methods.shared.checks import check_choice, check_not_negative, check_share
from bench.methods.shared.imitation import SCOPES, imitation_distance, imitation_masks
from bench.tasks.detection import Detector


class FineGrainedImitation(Method):
    """Imitate a trained detector's maps near the objects, where anchors overlap them.

    Paper: Wang et al., Distilling Object Detectors with Fine-grained Feature Imitation, CVPR 2019.

    Equations: L_det + weight / (2 N) sum over the N cells of the mask of |F_T - a(F_S)|^2; a cell is in the mask where one of
    its anchors overlaps a box by more than ``factor`` times the best overlap of any anchor with it; a: 3x3 convolution, ReLU.

    Differences from the authors' code: theirs has one level. On a pyramid the best overlap is looked for on all levels by
    default; ``scope: each_level`` looks on each, ``own_level`` is DeFeat's port (one level per box, divided by channels too).
    Widths are x2 - x1, theirs x2 - x1 + 1; no box in the batch gives 0, theirs NaN. Its clipping, learning rates of biases and
    decay are the recipe's matter. A training of fewer than 4,000 steps has a shorter warm-up.

    Sources: weight: ReviewKD's supplement and the authors' code; factor, warm_up, adapt_relu: the authors' code; scope: not
    stated for pyramids, our reading.
    """

    label = "FGFI"
    tasks = ("detection",)
    student: Detector
    teachers: dict[str, Detector]
    teacher_roles = ("offline",)
    passes = {"forward": 1.3, "backward": 1.3, "teacher": 1}

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters; ``warm_up`` in steps without imitation, at most a tenth of the training's."""

        weight: float = 0.01
        factor: float = 0.5
        scope: str = "all_levels"
        warm_up: int = 400
        adapt_relu: bool = True

        def __post_init__(self) -> None:
            check_not_negative(weight=self.weight, warm_up=self.warm_up)
            check_share(factor=self.factor)
            check_choice("scope", self.scope, SCOPES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own, theirs = self.student.map_channels, self.teachers["offline"].map_channels
        self.adapt = nn.ModuleList(nn.Conv2d(own, theirs, 3, padding=1) for _ in range(len(STRIDES)))
        for layer in self.adapt:
            nn.init.trunc_normal_(layer.weight, std=1e-4)  # type: ignore[arg-type]
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, batch: Batch, clock: Clock) -> Step:
        params, taps = self.params, self.student.look(batch.images, batch.labels)
        with torch.no_grad():
            _, targets = self.teachers["offline"].features(batch.images)
            boxes = [target["boxes"] for target in batch.labels]
            shapes = [item.shape[2:] for item in taps.maps]
            masks = imitation_masks(self.student.anchors(taps.maps), shapes, boxes, factor=params.factor, scope=params.scope)
        adapted = [layer(item) for layer, item in zip(self.adapt, taps.maps, strict=True)]
        adapted = [item.relu() for item in adapted] if params.adapt_relu else adapted
        warm_up = min(params.warm_up, clock.epochs * clock.steps // 10)
        distance = imitation_distance(adapted, targets, masks, params.scope)
        losses = {**taps.losses, "imitation": params.weight * (clock.iteration >= warm_up) * distance}
        return Step(taps.logits, batch.labels, losses, {"cells": torch.stack([mask.sum() for mask in masks]).sum().float()})
