"""timm's ImageNet classifiers: those of DRRNet-SKD's Table R1, and ReviewKD's MobileNet."""

from __future__ import annotations

from typing import Any

from torch import nn

BACKBONES = {
    "xception": {"builder": "legacy_xception"},
    "inception_v4": {"builder": "inception_v4"},
    "mobilenet_v1": {"builder": "mobilenetv1_100", "stages": ["blocks.1", "blocks.2", "blocks.3", "blocks.4"]},
    "mobilenet_v1_relu": {
        "builder": "mobilenetv1_100",
        "act_layer": "relu",
        "stages": ["blocks.1", "blocks.2", "blocks.3", "blocks.4"],
    },
}


def build(num_classes: int, *, builder: str, **arguments: Any) -> nn.Module:
    """Build timm's ``builder`` with random weights; ``arguments`` go to timm."""
    import timm

    return timm.create_model(builder, pretrained=False, num_classes=num_classes, **arguments)
