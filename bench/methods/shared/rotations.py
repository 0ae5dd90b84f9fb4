"""A batch in four rotations, joint labels, and logits aggregated over rotations (self-supervised label augmentation)."""

from __future__ import annotations

import torch
from torch import Tensor

ROTATIONS = 4


def rotate_four_ways(images: Tensor) -> Tensor:
    """Every image by 0, 90, 180 and 270 degrees counter-clockwise, sample by sample: row 4i + r is image i turned r times.

    Parameters
    ----------
    images
        (B, c, S, S): square, so that the turned images have the same shape.

    Returns
    -------
    Tensor
        (4B, c, S, S); rows 0, 4, 8, ... are the images, bit for bit.
    """
    turned = torch.stack([torch.rot90(images, turns, (2, 3)) for turns in range(ROTATIONS)], dim=1)
    return turned.flatten(0, 1).contiguous(memory_format=torch.channels_last)


def joint_labels(labels: Tensor) -> Tensor:
    """Label ``4y + r`` of every row of :func:`rotate_four_ways`; (4B,)."""
    return (ROTATIONS * labels[:, None] + torch.arange(ROTATIONS, device=labels.device)).flatten()


def aggregate(joint: Tensor) -> Tensor:
    """``z_agg[c] = (1/4) sum_r z_joint^(r)[4c + r]``: each rotated copy gives the logit of its own rotation (SLA, eq. 5).

    Parameters
    ----------
    joint
        (4B, 4C), rows as in :func:`rotate_four_ways`.

    Returns
    -------
    Tensor
        (B, C).
    """
    return torch.stack([joint[turns::ROTATIONS, turns::ROTATIONS] for turns in range(ROTATIONS)]).mean(0)
