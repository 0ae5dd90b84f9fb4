"""FRSKD's segmentation networks: an EfficientNet, three BiFPN layers, a head on the finest level.

The authors call them EfficientDet; their taps, sums and head are not the detector's of that name. Two parts of theirs are left
out, since no output depends on them: convolutions that are never called, and the bottom-up half of the third layer, which FRSKD
alone reads and owns.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from bench.backbones._bifpn import MOMENTUM, BiFPNLayer, TopDown, convolution_unit, enlarged, segmentation_head
from bench.backbones._slim import slim

BACKBONES = {
    "efficientdet_d0": {
        "builder": "tf_efficientnet_b0", "taps": [1, 3, 5, 15], "pyramid_width": 64, "task": "segmentation", "native_size": 512,
    },
    "efficientdet_d1": {
        "builder": "tf_efficientnet_b1", "taps": [2, 5, 8, 22], "pyramid_width": 88, "task": "segmentation", "native_size": 512,
    },
}  # fmt: skip
HEAD_WIDTH = 256
IMAGENET_CLASSES = 1000


class Pyramid(NamedTuple):
    """What one forward pass shows.

    Attributes
    ----------
    logits
        (B, C, H, W), at the images' size.
    entering, refined
        The third layer's inputs P2 to P7 and outputs U2 to U7; (B, width, h, w) each, finest first.
    """

    logits: Tensor
    entering: list[Tensor]
    refined: list[Tensor]


def build(
    num_classes: int,
    *,
    builder: str,
    taps: list[int],
    pyramid_width: int,
    width: float = 1.0,
    bn_momentum: float = MOMENTUM,
    backbone_bn_momentum: float = 0.01,
    most_blocks: int | None = None,
) -> nn.Module:
    """A network with random weights.

    Parameters
    ----------
    num_classes
        Background included.
    builder
        timm's EfficientNet.
    taps
        The blocks, counted through the network from 0, after which C2 to C5 (strides 4 to 32) are taken.
    pyramid_width
        Channels of every level at ``width`` 1; the head has 256 inside.
    width
        Multiplies all inner channel counts (small scales only).
    bn_momentum
        Of neck and head. The authors' 0.997 evaluates with the last batch's statistics; 0.003 is what TensorFlow means by it.
    backbone_bn_momentum
        The authors' 0.01 moves pretrained statistics slowly; a short training from scratch needs more.
    most_blocks
        That a stage of the backbone keeps, its first ones (small scales only).
    """
    return EfficientDet(
        _Backbone(builder, taps, width, backbone_bn_momentum, most_blocks),
        max(1, round(pyramid_width * width)),
        max(1, round(HEAD_WIDTH * width)),
        num_classes,
        bn_momentum,
    )


class EfficientDet(nn.Module):
    """The network; children in the order in which they run."""

    def __init__(self, backbone: _Backbone, width: int, head_width: int, num_classes: int, momentum: float) -> None:
        super().__init__()
        self.width, self.head_width, self.momentum = width, head_width, momentum
        self.backbone = backbone
        deepest = backbone.channels[-1]
        self.coarse = nn.ModuleList(convolution_unit(c, width, 3, 2, momentum) for c in (deepest, width))
        self.laterals = nn.ModuleList(convolution_unit(c, width, 1, 1, momentum) for c in backbone.channels)
        self.layers = nn.ModuleList([BiFPNLayer(width), BiFPNLayer(width), TopDown(width)])
        self.head = segmentation_head(width, head_width, num_classes, momentum)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, C, H, W) of images (B, 3, H, W); both sides at least 64 pixels where batch norms train."""
        return self.look(images).logits

    def look(self, images: Tensor) -> Pyramid:
        """Logits and the levels around the third layer."""
        levels = self._levels(self.backbone(images))
        for layer in self.layers[:-1]:
            levels = layer(levels)
        refined = self.layers[-1](levels)
        return Pyramid(enlarged(self.head(refined[0]), images.shape[2:]), levels, refined)

    def _levels(self, maps: list[Tensor]) -> list[Tensor]:
        """P2 to P7 of C2 to C5; the two coarsest come from C5 itself, not from its lateral."""
        sixth = self.coarse[0](maps[-1])
        levels = [self.laterals[-1](maps[-1]), sixth, self.coarse[1](sixth)]
        for lateral, taken in zip(reversed(self.laterals[:-1]), reversed(maps[:-1]), strict=True):
            own = lateral(taken)
            levels.insert(0, own + enlarged(levels[0], own.shape[2:]))
        return levels


class _Backbone(nn.Module):
    """timm's stem and blocks without a head; named as timm names them. The stem has no activation, as in the authors' code."""

    def __init__(self, builder: str, taps: list[int], width: float, momentum: float, most_blocks: int | None) -> None:
        super().__init__()
        net: Any = _efficientnet(builder, width)
        self.taps = taps if most_blocks is None else _shortened(net.blocks, taps, most_blocks)
        self.conv_stem: Any = net.conv_stem
        self.bn1: Any = net.bn1
        self.blocks: Any = net.blocks
        self.bn1.act = nn.Identity()
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = momentum  # timm's own is 0.1
        flat = [block for stage in self.blocks for block in stage]
        self.channels = [_outputs(flat[tap]) for tap in self.taps]

    def forward(self, images: Tensor) -> list[Tensor]:
        """C2 to C5 of (B, 3, H, W)."""
        maps = self.bn1(self.conv_stem(images))
        taken = []
        for index, block in enumerate(block for stage in self.blocks for block in stage):
            maps = block(maps)
            if index in self.taps:
                taken.append(maps)
        return taken


def _efficientnet(builder: str, width: float) -> nn.Module:
    import timm

    if width == 1.0:
        return timm.create_model(builder, pretrained=False, num_classes=IMAGENET_CLASSES)
    with torch.device("meta"):
        net = timm.create_model(builder, pretrained=False, num_classes=IMAGENET_CLASSES)
    return slim(net, width, IMAGENET_CLASSES)


def _shortened(stages: nn.Sequential, taps: list[int], most: int) -> list[int]:
    """Leave each stage its first ``most`` blocks; returns where the tapped ones, or their stage's last, then stand."""
    places = [(stage, place) for stage, blocks in enumerate(stages) for place in range(len(blocks))]  # type: ignore[arg-type]
    for stage, blocks in enumerate(stages):
        stages[stage] = blocks[:most]  # type: ignore[index]
    kept = [place for place in places if place[1] < most]
    return [kept.index((stage, min(place, most - 1))) for stage, place in (places[tap] for tap in taps)]


def _outputs(block: nn.Module) -> int:
    return [module for module in block.modules() if isinstance(module, nn.Conv2d)][-1].out_channels
