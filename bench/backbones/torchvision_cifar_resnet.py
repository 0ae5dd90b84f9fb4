"""torchvision's ResNets with a stem for 32-pixel images: 3x3 convolution of stride 1 and no max-pooling, 64 to 512 channels."""

from __future__ import annotations

from torch import nn

from bench.plan.errors import BenchError, one_of

BACKBONES = {
    "resnet18_cifar": {"builder": "resnet18", "stages": ["layer1", "layer2", "layer3", "layer4"]},
    "resnet34_cifar": {"builder": "resnet34", "stages": ["layer1", "layer2", "layer3", "layer4"]},
    "resnet50_stem64_cifar": {"builder": "resnet50", "stages": ["layer1", "layer2", "layer3", "layer4"]},
}
INITIALISATIONS = ("torchvision", "pytorch")


def build(num_classes: int, *, builder: str, initialisation: str = "torchvision") -> nn.Module:
    """Build torchvision's ``builder`` with random weights and exchange its stem.

    Parameters
    ----------
    initialisation
        Of convolutions: ``torchvision`` (normal, fan-out) or ``pytorch`` (the layers' own: uniform, fan-in), which FRSKD's code
        keeps.

    Raises
    ------
    BenchError
        On another initialisation.
    """
    from torchvision.models import get_model

    if initialisation not in INITIALISATIONS:
        raise BenchError(f"initialisation '{initialisation}'; {one_of(initialisation, INITIALISATIONS)}")
    net = get_model(builder, weights=None, num_classes=num_classes)
    net.conv1 = nn.Conv2d(3, net.conv1.out_channels, 3, padding=1, bias=False)
    nn.init.kaiming_normal_(net.conv1.weight, mode="fan_out", nonlinearity="relu")
    net.maxpool = nn.Identity()
    if initialisation == "pytorch":
        for module in net.modules():
            if isinstance(module, nn.Conv2d):
                module.reset_parameters()
    return net
