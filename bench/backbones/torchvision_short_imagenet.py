"""torchvision's ImageNet classifiers for a few dozen steps: fewer layers, little dropout, statistics that settle in time."""

from __future__ import annotations

from torch import nn

BACKBONES = {
    "alexnet_short": {"builder": "alexnet"},
    "vgg11_bn_short": {"builder": "vgg", "depths": [1, 1, 1, 1, 1]},
    "vgg16_bn_short": {"builder": "vgg", "depths": [1, 1, 2, 2, 2]},
    "vgg19_bn_short": {"builder": "vgg", "depths": [2, 2, 2, 2, 2]},
    "resnet18_short": {"builder": "resnet18", "stages": ["layer1", "layer2", "layer3", "layer4"]},
    "resnet34_short": {"builder": "resnet34", "stages": ["layer1", "layer2", "layer3", "layer4"]},
    "resnet50_short": {"builder": "resnet50", "stages": ["layer1", "layer2", "layer3", "layer4"]},
    "densenet121_short": {"builder": "densenet", "depths": [3, 6, 12, 8]},
}
MOMENTUM = 0.3
DROPOUT = 0.2
VGG_WIDTHS = (64, 128, 256, 512, 512)


def build(num_classes: int, *, builder: str, depths: list[int] | None = None) -> nn.Module:
    """Build a network with random weights.

    Batch normalisation's running statistics take over 0.3 of every batch's. PyTorch's 0.1 remembers a third of what it began
    with after ten steps, and every layer's statistics are of what the layers before it give: a network of many layers that
    tells its training images well by their batches' statistics answers one class to every test image.

    Parameters
    ----------
    builder
        ``vgg``, ``densenet``, or a model of torchvision's.
    depths
        Convolutions of a VGG's five stages, or layers of a DenseNet's four blocks.
    """
    from torchvision.models import VGG, DenseNet, get_model
    from torchvision.models.vgg import make_layers

    if builder == "vgg":
        layers = [item for wide, depth in zip(VGG_WIDTHS, depths or (), strict=True) for item in [*[wide] * depth, "M"]]
        net: nn.Module = VGG(make_layers(layers, batch_norm=True), num_classes, dropout=DROPOUT)
    elif builder == "densenet":
        net = DenseNet(32, tuple(depths or ()), 64, num_classes=num_classes)
    else:
        options = {"dropout": DROPOUT} if builder == "alexnet" else {}
        net = get_model(builder, weights=None, num_classes=num_classes, **options)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = MOMENTUM
    return net
