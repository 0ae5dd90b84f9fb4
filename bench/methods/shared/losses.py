"""Loss terms that several methods use. All compute in fp32, whatever the precision of the forward pass."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def tempered_kl(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Per-sample ``tau^2 KL(softmax(teacher / tau) || softmax(student / tau))``.

    The teacher is a constant: its gradient is cut. ``tau^2`` keeps the gradient's size independent of the temperature
    (Hinton et al. 2015; DRRNet-SKD eq. 7 and 8).

    Parameters
    ----------
    student, teacher
        Logits (B, C).
    temperature
        tau > 0.

    Returns
    -------
    Tensor
        (B,), fp32, in nats. Its mean is the field's "batchmean" distillation loss.
    """
    return tempered_kl_with_target_gradient(student, teacher.detach(), temperature)


def tempered_kl_with_target_gradient(student: Tensor, target: Tensor, temperature: float) -> Tensor:
    """:func:`tempered_kl` whose target is no constant: the gradient reaches both arguments (OKDDip; its DML)."""
    towards = F.log_softmax(at_least_fp32(target) / temperature, dim=1)
    learner = F.log_softmax(at_least_fp32(student) / temperature, dim=1)
    return temperature**2 * F.kl_div(learner, towards, reduction="none", log_target=True).sum(dim=1)


def at_least_fp32(values: Tensor) -> Tensor:
    """``values`` in fp32 where autocast left them in less; fp64 stays."""
    return values if values.dtype == torch.float64 else values.float()


def adaptive_weights(
    online: Tensor, offline: Tensor, labels: Tensor, *, alpha: float, temperature: float, clamp_online: bool = True
) -> tuple[Tensor, Tensor]:
    """Adaptive weight assignment, per sample (DRRNet-SKD eq. 2 to 5).

    ``w_LB = exp(L_OF - L_ON)`` is the ratio of the probabilities that the online and the offline teacher give to the
    true class; ``w_KD = alpha - w_LB``.

    Parameters
    ----------
    online, offline
        The two teachers' logits (B, C).
    labels
        (B,).
    alpha
        Sum of the two weights.
    temperature
        alpha_tau, which softens both distributions.
    clamp_online
        Read "alpha >= w_LB" as a bound on w_LB (the sum stays alpha); otherwise only w_KD is kept from turning negative.

    Returns
    -------
    (Tensor, Tensor)
        w_LB and w_KD, (B,) each, constants.
    """
    with torch.no_grad():
        loss_online = F.cross_entropy(at_least_fp32(online) / temperature, labels, reduction="none")
        loss_offline = F.cross_entropy(at_least_fp32(offline) / temperature, labels, reduction="none")
        weight_online = (loss_offline - loss_online).exp()
        if clamp_online:
            weight_online = weight_online.clamp(max=alpha)
        return weight_online, (alpha - weight_online).clamp(min=0)
