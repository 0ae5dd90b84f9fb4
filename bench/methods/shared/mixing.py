"""Batches mixed with themselves: Mixup and CutMix."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

Mixer = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]

KINDS = ("none", "mixup", "cutmix")


def build_mixer(kind: str, alpha: float, num_classes: int) -> Mixer:
    """What turns (images, labels) into mixed images and soft labels (B, C).

    torchvision's transforms: one share lambda ~ Beta(alpha, alpha) per batch; every image meets the batch's previous one (the
    batch is in random order already); CutMix counts lambda again from the box as it was clipped. Cross entropy with the soft
    labels is ``lambda CE(z, y_a) + (1 - lambda) CE(z, y_b)``. They draw from torch's global CPU generator, which the loop seeds
    per step, so the mix is the same on every device.

    Parameters
    ----------
    kind
        ``none`` (images and labels stay as they are), ``mixup`` or ``cutmix``.
    alpha
        Of the Beta distribution; above 0.
    num_classes
        C.
    """
    if kind == "none":
        return lambda images, labels: (images, labels)
    from torchvision.transforms import v2

    return {"mixup": v2.MixUp, "cutmix": v2.CutMix}[kind](alpha=alpha, num_classes=num_classes)
