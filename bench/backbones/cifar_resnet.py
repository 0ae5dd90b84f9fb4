"""The CIFAR ResNets of depth 6n+2 (basic blocks) and 9n+2 (bottlenecks): 3x3 stem, three stages, 32-pixel images."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from bench.backbones._chained import ChainedNet
from bench.backbones._initialise import he_normal
from bench.backbones._residual import ResidualBlock
from bench.plan.errors import BenchError

BACKBONES = {
    "resnet20_cifar": {"depth": 20, "stages": ["layer1", "layer2", "layer3"]},
    "resnet32_cifar": {"depth": 32, "stages": ["layer1", "layer2", "layer3"]},
    "resnet44_cifar": {"depth": 44, "stages": ["layer1", "layer2", "layer3"]},
    "resnet50_cifar": {"depth": 50, "stages": ["layer1", "layer2", "layer3"]},
    "resnet56_cifar": {"depth": 56, "stages": ["layer1", "layer2", "layer3"]},
    "resnet74_cifar": {"depth": 74, "stages": ["layer1", "layer2", "layer3"]},
    "resnet92_cifar": {"depth": 92, "stages": ["layer1", "layer2", "layer3"]},
    "resnet110_cifar": {"depth": 110, "stages": ["layer1", "layer2", "layer3"]},
    "resnet110_bottleneck_cifar": {"depth": 110, "bottleneck": True, "stages": ["layer1", "layer2", "layer3"]},
    "resnet164_bottleneck_cifar": {"depth": 164, "bottleneck": True, "stages": ["layer1", "layer2", "layer3"]},
    "resnet8x4_cifar": {"depth": 8, "channels": [32, 64, 128, 256], "stages": ["layer1", "layer2", "layer3"]},
    "resnet32x4_cifar": {"depth": 32, "channels": [32, 64, 128, 256], "stages": ["layer1", "layer2", "layer3"]},
}
GATED = True  # its residual blocks can be left out


def build(
    num_classes: int,
    *,
    depth: int,
    channels: Sequence[int] = (16, 16, 32, 64),
    bottleneck: bool = False,
    shortcut: str = "B",
    avgpool_down: bool = False,
) -> nn.Module:
    """Build a CIFAR ResNet.

    Parameters
    ----------
    num_classes
        Length of the logits.
    depth
        6n+2 for basic blocks, 9n+2 for bottlenecks, n blocks per stage.
    channels
        Of the stem and of the three stages (a bottleneck's output has four times its stage's).
    bottleneck
        Bottlenecks (1x1, 3x3, 1x1) in place of basic blocks (3x3, 3x3).
    shortcut
        Where a block changes the shape: ``B`` projects (1x1 convolution and batch norm), ``A`` subsamples and appends zeros.
    avgpool_down
        Halve the maps by 2x2 average pooling after the first two stages, with identity shortcuts that append zero channels, as
        the text of the tolerant-teacher paper says.

    Raises
    ------
    BenchError
        If no number of blocks gives that depth, or the shortcut is neither ``A`` nor ``B``.
    """
    blocks, rest = divmod(depth - 2, 9 if bottleneck else 6)
    if rest or blocks < 1:
        raise BenchError(f"depth {depth}: is not 2 more than a multiple of {9 if bottleneck else 6}")
    if shortcut not in ("A", "B"):
        raise BenchError(f"shortcut '{shortcut}': allowed are A, B")
    net = CifarResNet(num_classes, blocks, channels, bottleneck, shortcut == "B" and not avgpool_down, avgpool_down)
    he_normal(net)
    return net


class CifarResNet(ChainedNet):
    """Stem, three stages, global average pooling, classifier."""

    def __init__(
        self, num_classes: int, blocks: int, channels: Sequence[int], bottleneck: bool, project: bool, avgpool_down: bool
    ) -> None:
        super().__init__()
        stem, *widths = channels
        self.conv1 = nn.Conv2d(3, stem, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        self.relu = nn.ReLU()
        incoming = stem
        for index, width in enumerate(widths, start=1):
            stage = []
            for position in range(blocks):
                stride = 2 if index > 1 and position == 0 and not avgpool_down else 1
                block = (Bottleneck if bottleneck else BasicBlock)(incoming, width, stride, project)
                incoming = width * block.expansion
                stage.append(block)
            self.add_module(f"layer{index}", nn.Sequential(*stage))
            if avgpool_down and index < len(widths):
                self.add_module(f"pool{index}", nn.AvgPool2d(2))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(incoming, num_classes)


class _Block(ResidualBlock):
    """A block with its ReLU after the sum."""

    expansion: int = 1

    def __init__(self, incoming: int, outgoing: int, stride: int, project: bool) -> None:
        super().__init__()
        self.stride = stride
        # Registered first, so that the block's last batch norm is the one that ends the residual branch.
        self.shortcut = nn.Sequential()
        if project and (stride > 1 or incoming != outgoing):
            self.shortcut = nn.Sequential(nn.Conv2d(incoming, outgoing, 1, stride, bias=False), nn.BatchNorm2d(outgoing))

    def skip(self, inputs: Tensor, channels: int) -> Tensor:
        """The shortcut with ``channels`` channels: projection, or identity with subsampling and appended zeros."""
        if len(self.shortcut) > 0:
            return self.shortcut(inputs)
        if self.stride > 1:
            inputs = inputs[:, :, :: self.stride, :: self.stride]
        missing = channels - inputs.shape[1]
        return nn.functional.pad(inputs, (0, 0, 0, 0, 0, missing)) if missing else inputs


class BasicBlock(_Block):
    """Two 3x3 convolutions."""

    def __init__(self, incoming: int, width: int, stride: int, project: bool) -> None:
        super().__init__(incoming, width, stride, project)
        self.conv1 = nn.Conv2d(incoming, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU()

    def residual(self, inputs: Tensor) -> Tensor:
        """The two convolutions, before the sum."""
        return self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(inputs)))))

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, c, h, w) to (B, width, h/stride, w/stride)."""
        return self.relu2(self.gated_sum(self.skip(inputs, self.conv2.out_channels), inputs))


class Bottleneck(_Block):
    """1x1, 3x3 (which carries the stride) and 1x1 convolution, the last to four times the width."""

    expansion = 4

    def __init__(self, incoming: int, width: int, stride: int, project: bool) -> None:
        outgoing = width * self.expansion
        super().__init__(incoming, outgoing, stride, project)
        self.conv1 = nn.Conv2d(incoming, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU()
        self.conv3 = nn.Conv2d(width, outgoing, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outgoing)
        self.relu3 = nn.ReLU()

    def residual(self, inputs: Tensor) -> Tensor:
        """The three convolutions, before the sum."""
        maps = self.relu2(self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(inputs))))))
        return self.bn3(self.conv3(maps))

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, c, h, w) to (B, 4 width, h/stride, w/stride)."""
        return self.relu3(self.gated_sum(self.skip(inputs, self.conv3.out_channels), inputs))
