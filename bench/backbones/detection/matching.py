"""Boxes against the boxes of the targets: matches, draws, and the distance that regression minimises."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torchvision.models.detection._utils import BalancedPositiveNegativeSampler, Matcher
from torchvision.ops import box_iou

Target = Mapping[str, Tensor]


def matched(matcher: Matcher, target: Target, boxes: Tensor) -> Tensor:
    """For each box the target box that it stands for, -1 for background, -2 for neither; int64, (n,)."""
    if len(target["boxes"]) == 0 or len(boxes) == 0:
        return torch.full((len(boxes),), Matcher.BELOW_LOW_THRESHOLD, dtype=torch.int64, device=boxes.device)
    matches: Tensor = matcher(box_iou(target["boxes"].float(), boxes))
    return matches


def drawn(sampler: BalancedPositiveNegativeSampler, matches: Tensor) -> tuple[Tensor, Tensor]:
    """Places of the positives and of all that are drawn, positives first; the draw is the global generator's."""
    # The sampler reads 1 and more as positive, 0 as negative, less as neither.
    kinds = torch.where(matches >= 0, 1, torch.where(matches == Matcher.BELOW_LOW_THRESHOLD, 0, -1))
    positive, negative = (mask[0].nonzero()[:, 0] for mask in sampler([kinds]))
    return positive, torch.cat([positive, negative])


def absolute_distance(deltas: Tensor, wanted: Tensor) -> Tensor:
    """Sum of absolute differences (smooth L1 with a beta of 0); 0 with zero gradient where there are none."""
    return (deltas - wanted).abs().sum()
