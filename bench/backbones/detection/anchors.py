"""Anchors: three boxes about every cell of every level."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bench.backbones.detection.settings import RATIOS


def anchor_grid(maps: Sequence[Tensor], sizes: Sequence[float], strides: Sequence[int]) -> list[Tensor]:
    """Anchors of each level, (3 h w, 4) in the order (y, x, ratio).

    Width sqrt(size^2 / ratio), height ratio * width, not rounded, about (stride * x, stride * y); they may leave the image.

    Parameters
    ----------
    maps
        (B, c, h, w) per level; only shape and device matter.
    sizes, strides
        Per level, in pixels.
    """
    return [
        _level(item.shape[2], item.shape[3], size, stride, item.device)
        for item, size, stride in zip(maps, sizes, strides, strict=True)
    ]


def _level(height: int, width: int, size: float, stride: int, device: torch.device) -> Tensor:
    ratios = torch.tensor(RATIOS, dtype=torch.float64)
    across = (size * size / ratios).sqrt()
    down = ratios * across
    cell = (torch.stack([-across, -down, across, down], 1) / 2).to(device, torch.float32)
    rows = torch.arange(height, device=device, dtype=torch.float32) * stride
    columns = torch.arange(width, device=device, dtype=torch.float32) * stride
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    centres = torch.stack([x, y, x, y], -1).reshape(-1, 1, 4)
    return (centres + cell).reshape(-1, 4)
