"""VGG with batch norm and one linear layer for 32-pixel images (RepDistiller's forms)."""

from __future__ import annotations

from torch import nn

from bench.backbones._chained import ChainedNet
from bench.backbones._initialise import he_normal

BACKBONES = {
    "vgg8_cifar": {"convolutions": 1, "stages": ["block1", "block2", "block3", "block4"]},
    "vgg13_cifar": {"convolutions": 2, "stages": ["block1", "block2", "block3", "block4"]},
}


def build(num_classes: int, *, convolutions: int) -> nn.Module:
    """Build a VGG of five blocks of ``convolutions`` convolutions each."""
    net = CifarVGG(num_classes, convolutions)
    he_normal(net)
    nn.init.normal_(net.fc.weight, std=0.01)
    nn.init.zeros_(net.fc.bias)
    return net


class CifarVGG(ChainedNet):
    """Five blocks with max-pooling after the first three, global average pooling, classifier."""

    def __init__(self, num_classes: int, convolutions: int) -> None:
        super().__init__()
        incoming = 3
        for index, width in enumerate((64, 128, 256, 512, 512)):
            layers: list[nn.Module] = []
            for _ in range(convolutions):
                layers += [nn.Conv2d(incoming, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
                incoming = width
            self.add_module(f"block{index}", nn.Sequential(*layers))
            if index < 3:
                self.add_module(f"pool{index}", nn.MaxPool2d(2))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(incoming, num_classes)
