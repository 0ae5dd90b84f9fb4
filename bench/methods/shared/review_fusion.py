"""Knowledge review: student features fused from deep to shallow, and compared with the teacher's at several resolutions."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bench.methods.shared.losses import at_least_fp32

PYRAMID = (4, 2, 1)


class AttentionFusion(nn.Module):
    """Attention-based fusion of one level (ABF, ReviewKD's figure 4a).

    Parameters
    ----------
    channels
        Of the student's feature.
    middle
        Of what is passed on to the next shallower level.
    teacher_channels
        Of the teacher's feature.
    deepest
        Whether nothing deeper is there to fuse with.
    """

    def __init__(self, channels: int, middle: int, teacher_channels: int, *, deepest: bool) -> None:
        super().__init__()
        self.reduce = nn.Sequential(nn.Conv2d(channels, middle, 1, bias=False), nn.BatchNorm2d(middle))
        self.attention = None if deepest else nn.Conv2d(2 * middle, 2, 1)
        self.expand = nn.Sequential(
            nn.Conv2d(middle, teacher_channels, 3, padding=1, bias=False), nn.BatchNorm2d(teacher_channels)
        )
        for convolution in (self.reduce[0], self.expand[0]):
            nn.init.kaiming_uniform_(convolution.weight, a=1)  # type: ignore[arg-type]

    def forward(self, feature: Tensor, deeper: Tensor | None, size: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Fuse a student feature with what the level below it passed on.

        Parameters
        ----------
        feature
            (B, channels, h, w).
        deeper
            (B, middle, h', w'), the second output of the next deeper level; ``None`` at the deepest.
        size
            Height and width of the teacher's feature.

        Returns
        -------
        (Tensor, Tensor)
            What is compared with the teacher (B, teacher_channels, *size), and what is passed on (B, middle, *size).
        """
        fused = self.reduce(feature)
        if self.attention is not None and deeper is not None:
            deeper = F.interpolate(deeper, fused.shape[2:], mode="nearest")
            shares = self.attention(torch.cat([fused, deeper], dim=1)).sigmoid()
            fused = fused * shares[:, :1] + deeper * shares[:, 1:]
        if fused.shape[2:] != torch.Size(size):
            fused = F.interpolate(fused, tuple(size), mode="nearest")
        return self.expand(fused), fused


class ReviewFusion(nn.Module):
    """One :class:`AttentionFusion` per level, run from the deepest to the shallowest.

    Parameters
    ----------
    channels, teacher_channels
        Of the student's and the teacher's features, shallow to deep, the pooled feature last.
    widest
        Upper bound of the channels that are passed on; they are the student's deepest ones where these are fewer.
    """

    def __init__(self, channels: Sequence[int], teacher_channels: Sequence[int], widest: int = 512) -> None:
        super().__init__()
        middle, last = min(widest, channels[-1]), len(channels) - 1
        self.levels = nn.ModuleList(
            AttentionFusion(own, middle, theirs, deepest=level == last)
            for level, (own, theirs) in enumerate(zip(channels, teacher_channels, strict=True))
        )

    def forward(self, features: Sequence[Tensor], sizes: Sequence[Sequence[int]]) -> list[Tensor]:
        """Fused features, shallow to deep, in the teacher's channels and ``sizes`` (height and width per level)."""
        fused: list[Tensor] = []
        deeper: Tensor | None = None
        for level, feature, size in reversed(list(zip(self.levels, features, sizes, strict=True))):
            output, deeper = level(feature, deeper, size)
            fused.insert(0, output)
        return fused


def hierarchical_context_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """Weighted mean of the mean squared errors at full resolution and at 4x4, 2x2 and 1x1 pixels (HCL, ReviewKD's figure 4b).

    Full resolution counts 1, and every pooled one half of what came before; resolutions that are not below the maps'
    are left out, so that two pooled vectors have their plain mean squared error.

    Parameters
    ----------
    student, teacher
        (B, c, h, w) each. The teacher's gradient is not cut.

    Returns
    -------
    Tensor
        Scalar, fp32.
    """
    student, teacher = at_least_fp32(student), at_least_fp32(teacher)
    loss, weight, total = F.mse_loss(student, teacher), 1.0, 1.0
    for size in PYRAMID:
        if size < student.shape[2]:
            weight /= 2
            total += weight
            loss = loss + weight * F.mse_loss(F.adaptive_avg_pool2d(student, size), F.adaptive_avg_pool2d(teacher, size))
    return loss / total
