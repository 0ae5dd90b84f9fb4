"""Double reverse regularisation: the last mini-batch and a pre-trained twin, weighted per sample."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from bench.data import Batch
from bench.methods._method import Clock, Step
from bench.methods.shared.carry import CarryingMethod
from bench.methods.shared.losses import adaptive_weights, tempered_kl


class DoubleReverseRegularization(CarryingMethod):
    """Distil from the last mini-batch and from a twin trained with DLB; the better the student's own past, the less the
    twin counts.

    Paper: Xu et al., Double Reverse Regularization Network Based on Self-Knowledge Distillation for SAR Object
    Classification, ICASSP 2024.

    Equations: L = CE + w_LB L_LB + w_KD L_KD (eq. 10) with per-sample weights w_LB = exp(L_OF - L_ON) and w_KD = alpha
    - w_LB (eq. 2 to 5) and L_LB, L_KD the tempered divergences to the stored and to the twin's logits (eq. 7 and 8).

    Differences from the authors' code: no code is public. Where the paper is open: the softmax of eq. 2 and 3 is
    applied to logits; "alpha >= w_LB" clamps w_LB (``clamp: offline`` clamps w_KD only); both terms act on the repeated
    half (``scope: all`` lets the twin teach the fresh half too, with the mean weight); the twin sees the view that the
    student sees; alpha_tau = tau.

    Sources: alpha: the paper's Figure R1 (1.3 for ResNet-50; VGG-19 has 1.5); temperature: not stated, DLB's;
    weight_temperature: not stated, equal to the temperature; clamp, scope: our readings.
    """

    label = "DRRNet-SKD"
    teacher_roles = ("offline",)
    passes = {"forward": 2, "backward": 2, "teacher": 1}

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters; ``alpha`` is printed for two cells of the paper only, the temperatures nowhere."""

        alpha: float = 1.3
        temperature: float = 3.0
        weight_temperature: float = 3.0
        clamp: str = "online"
        scope: str = "repeated"

        def __post_init__(self) -> None:
            if self.clamp not in ("online", "offline"):
                raise ValueError(f"clamp is '{self.clamp}'; allowed: online, offline")
            if self.scope not in ("repeated", "all"):
                raise ValueError(f"scope is '{self.scope}'; allowed: repeated, all")

    def forward(self, batch: Batch, clock: Clock) -> Step:
        params = self.params
        now, later = batch.views
        logits, labels = self.student(now), batch.labels
        carry = self.carry
        self.remember(later, labels, logits)
        if carry is None:
            return Step(logits, labels, {"ce": F.cross_entropy(logits, labels)})
        again, twin = self.student(carry.images), self.ask("offline", carry.images)
        online, offline = adaptive_weights(
            carry.logits,
            twin,
            carry.labels,
            alpha=params.alpha,
            temperature=params.weight_temperature,
            clamp_online=params.clamp == "online",
        )
        losses = {
            "ce": F.cross_entropy(torch.cat([again, logits]), torch.cat([carry.labels, labels])),
            "lb": (online * tempered_kl(again, carry.logits, params.temperature)).mean(),
            "kd": (offline * tempered_kl(again, twin, params.temperature)).mean(),
        }
        if params.scope == "all":
            fresh = tempered_kl(logits, self.ask("offline", now), params.temperature).mean()
            losses["kd"] = 0.5 * (losses["kd"] + offline.mean() * fresh)
        # Figure R1 plots the weights of the first batch of every epoch that has some.
        return Step(logits, labels, losses, firsts={"w_lb": online.mean(), "w_kd": offline.mean()})
