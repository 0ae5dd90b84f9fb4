"""MobileNets for 32-pixel images."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from bench.backbones._chained import ChainedNet
from bench.backbones._initialise import he_normal

BACKBONES = {
    "mobilenetv1_cifar": {"version": 1, "stages": ["blocks.1", "blocks.2", "blocks.3", "blocks.4"]},
    "mobilenetv2_half_cifar": {"version": 2, "stages": ["stage1", "stage2", "stage4", "stage6"]},
}


def build(num_classes: int, *, version: int, multiplier: float = 0.5, most_blocks: int = 4) -> nn.Module:
    """Build timm's MobileNetV1 (stem of stride 1, ReLU), or RepDistiller's MobileNetV2.

    ``multiplier`` and ``most_blocks``, which no stage exceeds, are the latter's.
    """
    if version == 1:
        import timm

        net: Any = timm.create_model("mobilenetv1_100", pretrained=False, num_classes=num_classes, act_layer="relu")
        net.conv_stem.stride = (1, 1)
        return net
    mobile = CifarMobileNetV2(num_classes, multiplier, most_blocks)
    he_normal(mobile)
    nn.init.normal_(mobile.fc.weight, std=0.01)
    nn.init.zeros_(mobile.fc.bias)
    return mobile


def _layers(incoming: int, outgoing: int, kernel: int, stride: int = 1, groups: int = 1, relu: bool = True) -> list[nn.Module]:
    convolution = nn.Conv2d(incoming, outgoing, kernel, stride, padding=kernel // 2, groups=groups, bias=False)
    return [convolution, nn.BatchNorm2d(outgoing), *([nn.ReLU()] if relu else [])]


class CifarMobileNetV2(ChainedNet):
    """MobileNetV2 with fewer strides, ReLU instead of ReLU6, and an expansion convolution in the first block as well."""

    def __init__(self, num_classes: int, multiplier: float, most_blocks: int) -> None:
        super().__init__()
        incoming = int(32 * multiplier)
        self.stem = nn.Sequential(*_layers(3, incoming, 3, stride=2))
        # Expansion, channels, blocks and first stride of each stage.
        plan = ((1, 16, 1, 1), (6, 24, 2, 1), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
        for index, (expansion, channels, blocks, first) in enumerate(plan):
            stage = []
            for position in range(min(blocks, most_blocks)):
                stage.append(InvertedResidual(incoming, int(channels * multiplier), first if position == 0 else 1, expansion))
                incoming = int(channels * multiplier)
            self.add_module(f"stage{index}", nn.Sequential(*stage))
        self.top = nn.Sequential(*_layers(incoming, 1280, 1))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(1280, num_classes)


class InvertedResidual(nn.Module):
    """Expansion, depthwise and linear bottleneck convolution, with a shortcut where the shape stays."""

    def __init__(self, incoming: int, outgoing: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = incoming * expansion
        self.shortcut = stride == 1 and incoming == outgoing
        self.layers = nn.Sequential(
            *_layers(incoming, hidden, 1),
            *_layers(hidden, hidden, 3, stride, groups=hidden),
            *_layers(hidden, outgoing, 1, relu=False),
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, c, h, w) to (B, c', h/stride, w/stride)."""
        return inputs + self.layers(inputs) if self.shortcut else self.layers(inputs)
