"""A leader that learns from a group of peers, each of which weighs the others for itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.methods.shared.branches import fresh_copy
from bench.methods.shared.checks import check_not_negative, check_positive
from bench.methods.shared.losses import tempered_kl_with_target_gradient
from bench.methods.shared.weights import ramp


class DiversePeers(Method):
    """Branch the network into peers that learn from an attention-weighted mixture of each other, and a leader that
    learns from their mean.

    Paper: Chen et al., Online Knowledge Distillation with Diverse Peers, AAAI 2020 (OKDDip, branch variant).

    Equations: sum_i CE(z_i) + CE(z_GL) + ramp alpha [sum_i KL~(z_i <- sum_j A_ij z_j) + KL~(z_GL <- mean_i z_i)] with
    A_ij = softmax_j(q_i . k_j), q and k linear in the pooled features of the peers, and KL~ the tempered divergence
    whose target keeps its gradient: the attention learns from nothing else. The leader is the student; the peers share
    all of it but the last stage.

    Differences from the authors' code: it adds 1e-7 to the target's probabilities before their logarithm, here they
    stay log-softmaxes. As there, the mixture is one of logits (the paper's text mixes predictions) and the ramp counts
    epochs from 0.

    Sources: peers, temperature, weight, ramp, reduction: the authors' code.
    """

    label = "OKDDip"
    passes = {"forward": 1.98, "backward": 1.98}
    needs = {"stages": 2}

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters. ``peers`` leaves the leader out; queries and keys are ``reduction`` times narrower."""

        peers: int = 3
        temperature: float = 3.0
        weight: float = 1.0
        ramp: float = 80
        reduction: int = 8

        def __post_init__(self) -> None:
            if self.peers < 2:
                raise ValueError(f"peers is {self.peers}; allowed: 2 and more")
            check_positive(temperature=self.temperature, reduction=self.reduction)
            check_not_negative(weight=self.weight, ramp=self.ramp)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # In a tuple, so that the student's modules are not registered a second time.
        self.parts = self.student.split()
        self.peers = nn.ModuleList(fresh_copy(self.parts[1]) for _ in range(self.params.peers))
        width = self.student.feature_width
        narrow = max(1, width // self.params.reduction)
        self.query = nn.Linear(width, narrow, bias=False)
        self.key = nn.Linear(width, narrow, bias=False)

    def forward(self, batch: Batch, clock: Clock) -> Step:
        labels, (trunk, tail) = batch.labels, self.parts
        shared = trunk(batch.images)
        leader, _ = _branch(tail, shared)
        peers = [_branch(peer, shared) for peer in self.peers]  # type: ignore[arg-type]
        logits = torch.stack([logits for logits, _ in peers], dim=1)
        mixtures = self.attention(torch.stack([pooled for _, pooled in peers], dim=1), logits)
        tau = self.params.temperature
        weight = clock.scalar(lambda now: self.params.weight * ramp(now.schedule_epoch, self.params.ramp))
        to_mixtures = tempered_kl_with_target_gradient(logits.flatten(0, 1), mixtures.flatten(0, 1), tau).mean() * len(peers)
        to_mean = tempered_kl_with_target_gradient(leader, logits.mean(dim=1), tau).mean()
        losses = {
            "ce_leader": F.cross_entropy(leader, labels),
            "ce_peers": torch.stack([F.cross_entropy(peer, labels) for peer, _ in peers]).sum(),
            "kd_leader": weight * to_mean,
            "kd_peers": weight * to_mixtures,
        }
        return Step(leader, labels, losses)

    def attention(self, pooled: Tensor, logits: Tensor) -> Tensor:
        """Each peer's mixture of all peers' logits.

        Parameters
        ----------
        pooled
            (B, K, d).
        logits
            (B, K, C).

        Returns
        -------
        Tensor
            (B, K, C), fp32. Sums of products, since autocast would run a matrix product in bf16.
        """
        query, key = self.query(pooled).float(), self.key(pooled).float()
        weights = (query[:, :, None] * key[:, None]).sum(dim=3).softmax(dim=2)
        return (weights[..., None] * logits[:, None]).sum(dim=2)


def _branch(tail: nn.Sequential, shared: Tensor) -> tuple[Tensor, Tensor]:
    """Logits (B, C) in fp32 and pooled feature (B, d) of one branch; its classifier stands last in ``tail``."""
    pooled = tail[:-1](shared)
    return tail[-1](pooled).float(), pooled
