"""timm's classifiers of DRRNet-SKD's Table R1, untouched, with a classifier of the wanted length."""

from __future__ import annotations

from torch import nn

BACKBONES = {
    "xception": {"builder": "legacy_xception"},
    "inception_v4": {"builder": "inception_v4"},
    "mobilenet_v1": {"builder": "mobilenetv1_100", "stages": ["blocks.1", "blocks.2", "blocks.3", "blocks.4"]},
}


def build(num_classes: int, *, builder: str) -> nn.Module:
    """Build timm's ``builder`` with random weights."""
    import timm

    return timm.create_model(builder, pretrained=False, num_classes=num_classes)
