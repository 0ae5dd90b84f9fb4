"""timm's ImageNet classifiers for a few dozen steps: without the blocks that repeat, with statistics that settle in time."""

from __future__ import annotations

from typing import Any

from torch import nn

from bench.backbones.torchvision_short_imagenet import MOMENTUM

BACKBONES = {
    "xception_short": {"builder": "legacy_xception", "path": "block", "left_out": [5, 6, 7, 8, 9, 10]},
    "inception_v4_short": {
        "builder": "inception_v4",
        "path": "features.",
        "left_out": [7, 8, 9, 12, 13, 14, 15, 16, 17, 20, 21],
    },
    "mobilenet_v1_short": {
        "builder": "mobilenetv1_100",
        "path": "blocks.3.",
        "left_out": [2, 3, 4, 5],
        "stages": ["blocks.1", "blocks.2", "blocks.3", "blocks.4"],
    },
}


def build(num_classes: int, *, builder: str, path: str, left_out: list[int]) -> nn.Module:
    """Build timm's ``builder`` with random weights, the identity in place of the blocks ``left_out``, whose shapes stay."""
    import timm

    net: Any = timm.create_model(builder, pretrained=False, num_classes=num_classes)
    for index in left_out:
        net.set_submodule(f"{path}{index}", nn.Identity())
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = MOMENTUM
    return net
