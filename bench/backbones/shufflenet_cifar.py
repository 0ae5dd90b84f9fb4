"""ShuffleNets for 32-pixel images: a 1x1 stem of 24 channels and no max-pooling (RepDistiller's forms)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bench.backbones._chained import ChainedNet

BACKBONES = {
    "shufflenetv1_cifar": {"version": 1, "stages": ["layer1", "layer2", "layer3"]},
    "shufflenetv2_cifar": {"version": 2, "stages": ["stage2", "stage3", "stage4"]},
}
GROUPS = 3


def build(num_classes: int, *, version: int, width: float = 1.0, most_blocks: int = 8) -> nn.Module:
    """Build our ShuffleNetV1 (three groups), or torchvision's ShuffleNetV2 x1 with its stem exchanged.

    No stage has more than ``most_blocks``. ``width`` scales the channels here, and not layer by layer, since grouping and
    halving tie them to one another.
    """
    if version == 1:
        return CifarShuffleNetV1(num_classes, width, most_blocks)
    from torchvision.models import ShuffleNetV2

    channels = [_multiple(count * width, 2) for count in (24, 116, 232, 464, 1024)]
    net = ShuffleNetV2([min(count, most_blocks) for count in (4, 8, 4)], channels, num_classes=num_classes)
    net.conv1[0] = nn.Conv2d(3, channels[0], 1, bias=False)
    net.maxpool = nn.Identity()
    return net


def _multiple(channels: float, of: int) -> int:
    return max(1, round(channels / of)) * of


class CifarShuffleNetV1(ChainedNet):
    """Stem, three stages, global average pooling, classifier."""

    def __init__(self, num_classes: int, width: float, most_blocks: int) -> None:
        super().__init__()
        incoming = _multiple(24 * width, GROUPS)
        self.stem = nn.Sequential(nn.Conv2d(3, incoming, 1, bias=False), nn.BatchNorm2d(incoming), nn.ReLU())
        for index, (channels, units) in enumerate(((240, 4), (480, 8), (960, 4)), start=1):
            outgoing = _multiple(channels * width, 2 * GROUPS)
            # The first unit concatenates its pooled input, so its convolutions give only the rest; after the stem the first is
            # not grouped.
            first = ShuffleUnit(incoming, outgoing - incoming, 2, entry_groups=1 if index == 1 else GROUPS)
            rest = [ShuffleUnit(outgoing, outgoing, 1, GROUPS) for _ in range(min(units, most_blocks) - 1)]
            self.add_module(f"layer{index}", nn.Sequential(first, *rest))
            incoming = outgoing
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(incoming, num_classes)


class ShuffleUnit(nn.Module):
    """Grouped 1x1, shuffle, depthwise 3x3, grouped 1x1; added to the input, or beside the pooled input at stride 2."""

    def __init__(self, incoming: int, outgoing: int, stride: int, entry_groups: int) -> None:
        super().__init__()
        middle = _multiple(outgoing / 4, GROUPS)
        self.entry_groups = entry_groups
        self.conv1 = nn.Conv2d(incoming, middle, 1, groups=entry_groups, bias=False)
        self.bn1 = nn.BatchNorm2d(middle)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(middle, middle, 3, stride, padding=1, groups=middle, bias=False)
        self.bn2 = nn.BatchNorm2d(middle)
        self.relu2 = nn.ReLU()
        self.conv3 = nn.Conv2d(middle, outgoing, 1, groups=GROUPS, bias=False)
        self.bn3 = nn.BatchNorm2d(outgoing)
        self.pool = nn.AvgPool2d(3, stride=2, padding=1) if stride == 2 else None
        self.relu3 = nn.ReLU()

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, c, h, w) to (B, c', h/stride, w/stride)."""
        maps = nn.functional.channel_shuffle(self.relu1(self.bn1(self.conv1(inputs))), self.entry_groups)
        maps = self.bn3(self.conv3(self.relu2(self.bn2(self.conv2(maps)))))
        return self.relu3(maps + inputs if self.pool is None else torch.cat([maps, self.pool(inputs)], dim=1))
