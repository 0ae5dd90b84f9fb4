"""The tolerant patriarch's score-difference term, and how its weight follows from the score that it aims at."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def top_scores(logits: Tensor, count: int) -> Tensor:
    """The largest class probabilities of every sample, largest first.

    Parameters
    ----------
    logits
        (B, C) with C >= ``count``.

    Returns
    -------
    Tensor
        (B, count), fp32: f_a1, f_a2, ... of Yang et al.'s section 3.3. Which classes they belong to is not differentiated.
    """
    return F.softmax(logits.float(), dim=1).topk(count, dim=1).values


def score_difference(scores: Tensor) -> Tensor:
    """Primary score minus the mean of the secondary scores, per sample (the bracket of Yang et al.'s eq. 3).

    Parameters
    ----------
    scores
        (B, K), from :func:`top_scores`.

    Returns
    -------
    Tensor
        (B,); 0 where the K scores are equal, 1 for a one-hot prediction.
    """
    return scores[:, 0] - scores[:, 1:].mean(dim=1)


def weight_for_target(target: float, classes: int) -> float:
    """The weight eta at whose optimum the primary class keeps the score ``target``.

    With p = f_a1 and the rest of the mass on the secondary classes eq. 3 reads -(1 - eta) ln p + eta (pK - 1) / (K -
    1); its derivative vanishes at u(eta) = (1 - eta) (K - 1) / (eta K), hence eta = (K - 1) / (K - 1 + K u). The paper
    says that u exists and states no eta.

    Parameters
    ----------
    target
        u, within [1/K, 1].
    classes
        K, the primary class included.
    """
    return (classes - 1) / (classes - 1 + classes * target)
