"""DenseNet-BC for 32-pixel images: torchvision's dense blocks behind a 3x3 stem."""

from __future__ import annotations

from torch import nn

from bench.backbones._initialise import he_normal
from bench.plan.errors import BenchError

BACKBONES = {
    "densenet_bc100_k12": {"depth": 100, "growth": 12},
    "densenet_bc190_k40": {"depth": 190, "growth": 40},
}


def build(num_classes: int, *, depth: int, growth: int, memory_efficient: bool = False) -> nn.Module:
    """Build a DenseNet-BC of three dense blocks (bottleneck 4k, compression 0.5, stem of 2k channels).

    Parameters
    ----------
    num_classes
        Length of the logits.
    depth
        6n+4, n bottleneck units per dense block.
    growth
        Channels k that each unit adds.
    memory_efficient
        Compute concatenations anew in the backward pass: less memory, more time, the same numbers.

    Raises
    ------
    BenchError
        If no number of units gives that depth.
    """
    from torchvision.models import DenseNet

    units, rest = divmod(depth - 4, 6)
    if rest or units < 1:
        raise BenchError(f"depth {depth}: is not 4 more than a multiple of 6")
    stem = 2 * growth
    net = DenseNet(growth, (units, units, units), stem, num_classes=num_classes, memory_efficient=memory_efficient)
    net.features.conv0 = nn.Conv2d(3, stem, 3, padding=1, bias=False)
    # The CIFAR form goes from the stem's convolution straight into the first dense block.
    net.features.norm0 = nn.Identity()
    net.features.relu0 = nn.Identity()
    net.features.pool0 = nn.Identity()
    he_normal(net)
    return net
