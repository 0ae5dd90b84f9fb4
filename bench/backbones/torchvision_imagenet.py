"""torchvision's ImageNet classifiers with a classifier of the wanted length (stem of stride 4, for 224 pixels)."""

from __future__ import annotations

from torch import nn

BACKBONES = {
    "alexnet": {"builder": "alexnet"},
    "vgg11_bn": {"builder": "vgg11_bn"},
    "vgg16_bn": {"builder": "vgg16_bn"},
    "vgg19_bn": {"builder": "vgg19_bn"},
    "resnet18": {"builder": "resnet18", "stages": ["layer1", "layer2", "layer3", "layer4"]},
    "resnet34": {"builder": "resnet34", "stages": ["layer1", "layer2", "layer3", "layer4"]},
    "resnet50": {"builder": "resnet50", "stages": ["layer1", "layer2", "layer3", "layer4"]},
    "densenet121": {"builder": "densenet121"},
}


def build(num_classes: int, *, builder: str) -> nn.Module:
    """Build torchvision's ``builder`` with random weights."""
    from torchvision.models import get_model

    return get_model(builder, weights=None, num_classes=num_classes)
