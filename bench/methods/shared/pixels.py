"""Loss terms of semantic segmentation: logits (B, C, H, W) against masks (B, H, W) in which 255 does not count."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from bench.methods.shared.losses import at_least_fp32

VOID = 255


def pixel_cross_entropy(logits: Tensor, masks: Tensor) -> Tensor:
    """Cross entropy, mean over the pixels that count; 0 with zero gradient where none does.

    Parameters
    ----------
    logits
        (B, C, H, W).
    masks
        Classes of any integer type, (B, H, W); 255 is void.
    """
    classes = masks.long()
    counted = (classes != VOID).sum().clamp(min=1)
    return F.cross_entropy(at_least_fp32(logits), classes, ignore_index=VOID, reduction="sum") / counted
