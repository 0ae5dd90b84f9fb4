"""Chips of many sizes to one array of uint8 images."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F


def to_square(chips: Sequence[np.ndarray], size: int) -> np.ndarray:
    """Resize every chip to a square, bilinear with antialiasing, and round to uint8.

    Parameters
    ----------
    chips
        uint8 or float in [0, 255], (H, W) or (H, W, C), all with the same C.
    size
        Side of the output in pixels.

    Returns
    -------
    numpy.ndarray
        uint8, (N, C, size, size).
    """
    channels = 1 if chips[0].ndim == 2 else chips[0].shape[2]
    images = np.empty((len(chips), channels, size, size), dtype=np.uint8)
    by_shape: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for index, chip in enumerate(chips):
        by_shape[chip.shape].append(index)
    for shape, indices in by_shape.items():
        stack = np.stack([chips[index] for index in indices]).reshape(len(indices), shape[0], shape[1], channels)
        batch = torch.from_numpy(np.ascontiguousarray(stack.transpose(0, 3, 1, 2))).float()
        if shape[:2] != (size, size):
            batch = F.interpolate(batch, (size, size), mode="bilinear", antialias=True)
        images[indices] = batch.round_().clamp_(0, 255).to(torch.uint8).numpy()
    return images
