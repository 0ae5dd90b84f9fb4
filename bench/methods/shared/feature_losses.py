"""Distances between a learner's and a teacher's stage features: attention, FitNet, overhaul; a discrepancy of means."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bench.methods.shared.attention import attention_loss
from bench.methods.shared.losses import at_least_fp32

KINDS = ("at", "fitnet", "overhaul")
LEAST_MASS = 1e-3  # below it the overhaul's margin is -3 sd, as in the authors' code


class FeatureTerm(nn.Module):
    """A distance summed over stages. Teachers' maps are constants.

    ``before_activation`` says whether the term compares what enters the ReLU that ends a stage, or what leaves it.
    """

    before_activation = False

    def forward(self, student: Sequence[Tensor], teacher: Sequence[Tensor]) -> Tensor:
        """Maps (B, c, h, w) per stage, shallow to deep, to a scalar in fp32."""
        raise NotImplementedError


class AttentionTerm(FeatureTerm):
    """``sum_i at(F_i, T_i)``; see :func:`attention_loss`."""

    def forward(self, student: Sequence[Tensor], teacher: Sequence[Tensor]) -> Tensor:
        return torch.stack([attention_loss(ours, theirs) for ours, theirs in zip(student, teacher, strict=True)]).sum()


class HintTerm(FeatureTerm):
    """``sum_i mean((r_i(F_i) - T_i)^2)`` over all elements, with regressors r_i that train along (Romero et al. 2015, eq. 3).

    Parameters
    ----------
    student_channels, teacher_channels
        Channels per stage; r_i is a 1x1 convolution, batch norm, ReLU.
    """

    def __init__(self, student_channels: Sequence[int], teacher_channels: Sequence[int]) -> None:
        super().__init__()
        pairs = zip(student_channels, teacher_channels, strict=True)
        self.regressors = nn.ModuleList(_connector(ours, theirs).append(nn.ReLU()) for ours, theirs in pairs)

    def forward(self, student: Sequence[Tensor], teacher: Sequence[Tensor]) -> Tensor:
        terms = [
            F.mse_loss(at_least_fp32(regressor(ours)), at_least_fp32(theirs.detach()))
            for regressor, ours, theirs in zip(self.regressors, student, teacher, strict=True)
        ]
        return torch.stack(terms).sum()


class OverhaulTerm(FeatureTerm):
    """Margin ReLU and partial distance, before the activation (Heo et al. 2019, eq. 2 to 6).

    ``sum_i 2^-(n-1-i) overhaul_distance(r_i(F_i), T_i, m_i)`` over stages i = 0..n-1 with connectors r_i (1x1 convolution,
    batch norm) that train along and margins m_i from the batch norms that feed the teacher's ReLUs.

    Parameters
    ----------
    student_channels, teacher_channels
        Channels per stage.
    norms
        The teacher's batch norm before the ReLU of every stage.
    """

    before_activation = True

    def __init__(
        self, student_channels: Sequence[int], teacher_channels: Sequence[int], norms: Sequence[nn.BatchNorm2d]
    ) -> None:
        super().__init__()
        pairs = zip(student_channels, teacher_channels, strict=True)
        self.connectors = nn.ModuleList(_connector(ours, theirs) for ours, theirs in pairs)
        for stage, norm in enumerate(norms):
            self.register_buffer(f"margin{stage}", negative_mean(norm))

    def refresh(self, norms: Sequence[nn.BatchNorm2d]) -> None:
        """Take the margins from the batch norms as they are now."""
        for stage, norm in enumerate(norms):
            self.get_buffer(f"margin{stage}").copy_(negative_mean(norm))

    def forward(self, student: Sequence[Tensor], teacher: Sequence[Tensor]) -> Tensor:
        terms = []
        for stage, (connector, ours, theirs) in enumerate(zip(self.connectors, student, teacher, strict=True)):
            distance = overhaul_distance(connector(ours), theirs, self.get_buffer(f"margin{stage}"))
            terms.append(distance / 2 ** (len(self.connectors) - 1 - stage))
        return torch.stack(terms).sum()


def build_feature_term(
    kind: str, student_channels: Sequence[int], teacher_channels: Sequence[int], norms: Sequence[nn.BatchNorm2d]
) -> FeatureTerm:
    """The term called ``kind``, one of :data:`KINDS`."""
    if kind == "at":
        return AttentionTerm()
    if kind == "fitnet":
        return HintTerm(student_channels, teacher_channels)
    return OverhaulTerm(student_channels, teacher_channels, norms)


def overhaul_distance(student: Tensor, teacher: Tensor, margin: Tensor) -> Tensor:
    """Squared distance to ``max(teacher, margin)``, left out where the target is not positive and the student below it.

    Summed over all elements and divided by the batch; the teacher is a constant.

    Parameters
    ----------
    student, teacher
        (B, c, h, w), before the activation.
    margin
        (c,), negative.
    """
    student = at_least_fp32(student)
    target = torch.maximum(at_least_fp32(teacher.detach()), margin[:, None, None])
    counts = (student > target) | (target > 0)
    return ((student - target).square() * counts).sum() / len(student)


def negative_mean(norm: nn.BatchNorm2d) -> Tensor:
    """``E[x | x < 0]`` per channel for x ~ N(beta, gamma^2), what a batch norm puts out (Heo et al. 2019, eq. 3).

    Returns
    -------
    Tensor
        (c,), fp32; for gamma = 1, beta = 0 it is -sqrt(2 / pi). Where x is hardly ever negative it is -3 |gamma|.
    """
    mean, sd = norm.bias.detach().double(), norm.weight.detach().double().abs()
    ratio = mean / sd.clamp(min=1e-12)
    mass = torch.special.ndtr(-ratio)
    density = torch.exp(-0.5 * ratio.square()) / math.sqrt(2 * math.pi)
    margin = mean - sd * density / mass.clamp(min=LEAST_MASS)
    return torch.where(mass > LEAST_MASS, margin, -3 * sd).float()


def mean_discrepancy(first: Tensor, second: Tensor) -> Tensor:
    """``|| mean_i h(a_i) - mean_i h(b_i) ||^2``: the squared maximum mean discrepancy with a linear kernel.

    Parameters
    ----------
    first, second
        (B, d) each. Both receive gradient.
    """
    return (at_least_fp32(first).mean(0) - at_least_fp32(second).mean(0)).square().sum()


def _connector(inputs: int, outputs: int) -> nn.Sequential:
    """1x1 convolution and batch norm; Kaiming's normal initialisation over the outputs, as in the authors' codes."""
    convolution = nn.Conv2d(inputs, outputs, 1, bias=False)
    nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs))
