"""Peers that train together and match each other's predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.methods.shared.branches import fresh_copy
from bench.methods.shared.checks import check_choice, check_positive
from bench.methods.shared.losses import tempered_kl_with_target_gradient


class MutualLearning(Method):
    """Train several networks of one kind at once; each learns from the labels and from the others' predictions.

    Paper: Zhang et al., Deep Mutual Learning, CVPR 2018.

    Equations: sum over the K peers of CE(z_k) + 1/(K - 1) sum_{l != k} KL(p_l || p_k), no temperature, targets
    constant. OKDDip's variant (``target: mean, temperature: 3, detach: false``) compares with the mean logits of the
    other peers, tau^2 KL, and lets the gradient through the target.

    Differences from the authors' code: there (YingZhangDUT/Deep-Mutual-Learning) every peer has an optimiser of its own, they
    are updated in turn, each against the others' refreshed predictions, and the divergences are summed over the other peers
    without the paper's 1/(K - 1), which OKDDip's code has; here all are updated at once. The peer that counts is the first,
    fixed in advance.

    Sources: peers: Self-Guidance, whose 1.4M parameters are three ResNet-32; temperature, target, detach: the paper.
    """

    label = "DML"
    passes = {"forward": 3, "backward": 3}
    named = {"DML as in OKDDip": {"target": "mean", "temperature": 3.0, "detach": False}}

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters. ``peers`` is K, the student included."""

        peers: int = 3
        temperature: float = 1.0
        target: str = "each"
        detach: bool = True

        def __post_init__(self) -> None:
            if self.peers < 2:
                raise ValueError(f"peers is {self.peers}; allowed: 2 and more")
            check_positive(temperature=self.temperature)
            check_choice("target", self.target, ("each", "mean"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.others = nn.ModuleList(fresh_copy(self.student) for _ in range(self.params.peers - 1))

    def forward(self, batch: Batch, clock: Clock) -> Step:
        images, labels = batch.images, batch.labels
        logits = [peer(images) for peer in (self.student, *self.others)]
        losses = {
            "ce": torch.stack([F.cross_entropy(peer, labels) for peer in logits]).sum(),
            "kd": torch.stack([self._match(logits, peer) for peer in range(len(logits))]).sum(),
        }
        return Step(logits[0], labels, losses)

    def _match(self, logits: list[Tensor], peer: int) -> Tensor:
        """What peer k loses for differing from the others."""
        others = [item.detach() if self.params.detach else item for index, item in enumerate(logits) if index != peer]
        targets = others if self.params.target == "each" else [torch.stack(others).mean(dim=0)]
        terms = [tempered_kl_with_target_gradient(logits[peer], target, self.params.temperature).mean() for target in targets]
        return torch.stack(terms).mean()
