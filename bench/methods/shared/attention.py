"""Attention maps: where a feature map is active, with the channels summed out."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from bench.methods.shared.losses import at_least_fp32


def attention_vector(maps: Tensor) -> Tensor:
    """Mean square over the channels, flattened and scaled to length 1 (Zagoruyko and Komodakis, section 3.1).

    Parameters
    ----------
    maps
        (B, c, h, w).

    Returns
    -------
    Tensor
        (B, h w), fp32.
    """
    return F.normalize(at_least_fp32(maps).square().mean(1).flatten(1))


def attention_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean over samples and positions of the squared difference of two attention vectors.

    The teacher is a constant. Where the resolutions differ, the larger map is average-pooled to the smaller one. The paper
    writes the length of the difference; the squared mean is what the authors' and FRSKD's codes compute, and what their
    weights of 100 and more belong to.

    Parameters
    ----------
    student, teacher
        (B, c, h, w) each; the channel counts may differ.
    """
    teacher = teacher.detach()
    if student.shape[2] > teacher.shape[2]:
        student = F.adaptive_avg_pool2d(student, (teacher.shape[2], teacher.shape[3]))
    elif student.shape[2] < teacher.shape[2]:
        teacher = F.adaptive_avg_pool2d(teacher, (student.shape[2], student.shape[3]))
    return (attention_vector(student) - attention_vector(teacher)).square().mean()


def area_share(size: Sequence[int], full_size: int) -> float:
    """What :func:`attention_loss` is multiplied by on images of another size than its weight is meant for.

    A mean of squared differences of unit vectors grows by the inverse of the number of positions.

    Parameters
    ----------
    size
        Height and width of the images.
    full_size
        The side that the weight is meant for; 0 leaves the loss as it is.
    """
    return size[0] * size[1] / full_size**2 if full_size else 1.0
