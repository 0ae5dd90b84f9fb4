"""Self-attention distillation between a network's own stages."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.methods.shared.checks import check_not_negative, check_share
from bench.methods.shared.losses import at_least_fp32


class SelfAttention(Method):
    """Let every stage imitate where the next deeper one looks, once the network has learnt to look somewhere.

    Paper: Hou et al., Learning Lightweight Lane Detection CNNs by Self Attention Distillation, ICCV 2019.

    Equations: CE + gamma sum_m ||Psi(F_m) - Psi(F_{m+1})||^2, Psi the sum of squares over channels, resized bilinearly to the
    size of F_m, then a softmax over positions; summed over positions, mean over the batch. The deeper map is a constant.

    Differences from the authors' code: the release sets the distillation weights to 0, so the paper's 0.1 is used. It is a
    lane detector; for classification its start at 40,000 of 60,000 iterations becomes ``start: 0.667`` of the epochs. The
    squared error is summed over positions: averaged it would be 1e-6 to 1e-4, and inert. Whether
    the deeper map passes gradient is not stated.

    Sources: weight: the paper, a comment in the authors' code, and InhwanBae/ENet-SAD_Pytorch; start: the paper's 40,000 of
    60,000 iterations.
    """

    label = "SAD"
    needs = {"stages": 2}

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters: ``weight`` is gamma, ``start`` the share of the training that goes by without distillation."""

        weight: float = 0.1
        start: float = 2 / 3

        def __post_init__(self) -> None:
            check_not_negative(weight=self.weight)
            check_share(start=self.start)

    def forward(self, batch: Batch, clock: Clock) -> Step:
        logits, maps = self.student.features(batch.images)
        losses = {"ce": F.cross_entropy(logits, batch.labels), "attention": logits.new_zeros(())}
        if clock.epoch - 1 >= self.params.start * clock.epochs:
            distances = [attention_distance(shallow, deep) for shallow, deep in pairwise(maps)]
            losses["attention"] = self.params.weight * torch.stack(distances).sum()
        return Step(logits, batch.labels, losses)


def attention_distance(shallow: Tensor, deep: Tensor) -> Tensor:
    """Squared distance of two stages' attention, summed over positions, mean over the batch; the deeper stage is a constant.

    Parameters
    ----------
    shallow, deep
        (B, c, h, w) each; channels and sizes may differ.
    """
    size = shallow.shape[2:]
    return (_attention(shallow, size) - _attention(deep.detach(), size)).square().sum(dim=1).mean()


def _attention(maps: Tensor, size: torch.Size) -> Tensor:
    """Distribution (B, h w) over the positions of a map of ``size``."""
    energy = at_least_fp32(maps).square().sum(dim=1, keepdim=True)
    if energy.shape[2:] != size:
        energy = F.interpolate(energy, size=size, mode="bilinear", align_corners=False)
    return energy.flatten(1).softmax(dim=1)
