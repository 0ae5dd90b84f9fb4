"""Wide residual networks (pre-activation, depth 6n+4) for 32-pixel images, and FRSKD's modified WRN-16-2."""

from __future__ import annotations

from torch import Tensor, nn

from bench.backbones._chained import ChainedNet
from bench.backbones._initialise import he_normal
from bench.backbones._residual import ResidualBlock
from bench.plan.errors import BenchError

BACKBONES = {
    "wrn16_2": {
        "depth": 16,
        "widening": 2,
        "stages": ["block1", "block2", "block3"],
        "norms": ["block2.0.bn1", "block3.0.bn1", "bn"],
    },
    "wrn16_4": {
        "depth": 16,
        "widening": 4,
        "stages": ["block1", "block2", "block3"],
        "norms": ["block2.0.bn1", "block3.0.bn1", "bn"],
    },
    "wrn40_1": {
        "depth": 40,
        "widening": 1,
        "stages": ["block1", "block2", "block3"],
        "norms": ["block2.0.bn1", "block3.0.bn1", "bn"],
    },
    "wrn40_2": {
        "depth": 40,
        "widening": 2,
        "stages": ["block1", "block2", "block3"],
        "norms": ["block2.0.bn1", "block3.0.bn1", "bn"],
    },
    "wrn28_4": {
        "depth": 28,
        "widening": 4,
        "stages": ["block1", "block2", "block3"],
        "norms": ["block2.0.bn1", "block3.0.bn1", "bn"],
    },
    "wrn28_10": {
        "depth": 28,
        "widening": 10,
        "stages": ["block1", "block2", "block3"],
        "norms": ["block2.0.bn1", "block3.0.bn1", "bn"],
    },
    "wrn16_2_frskd": {"depth": 16, "widening": 2, "norm_after_stage": True, "stages": ["block1", "block2", "block3"]},
}
GATED = True  # its residual blocks can be left out


def build(num_classes: int, *, depth: int, widening: int, norm_after_stage: bool = False) -> nn.Module:
    """Build a wide residual network.

    Parameters
    ----------
    num_classes
        Length of the logits.
    depth
        6n+4, n blocks per stage.
    widening
        Factor on the stages' 16, 32 and 64 channels.
    norm_after_stage
        FRSKD's modification: blocks begin with a bare ReLU, each stage ends in batch norm and ReLU, and the last batch norm
        stays without being used.

    Raises
    ------
    BenchError
        If no number of blocks gives that depth.
    """
    blocks, rest = divmod(depth - 4, 6)
    if rest or blocks < 1:
        raise BenchError(f"depth {depth}: is not 4 more than a multiple of 6")
    net = WideResNet(num_classes, blocks, widening, norm_after_stage)
    he_normal(net)
    nn.init.zeros_(net.fc.bias)
    return net


class WideResNet(ChainedNet):
    """Stem, three stages, batch norm, ReLU, global average pooling, classifier."""

    def __init__(self, num_classes: int, blocks: int, widening: int, norm_after_stage: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        incoming = 16
        for index, width in enumerate((16 * widening, 32 * widening, 64 * widening), start=1):
            stage: list[nn.Module] = []
            for position in range(blocks):
                stride = 2 if index > 1 and position == 0 else 1
                stage.append(WideBlock(incoming, width, stride, entry_norm=not norm_after_stage))
                incoming = width
            if norm_after_stage:
                # The authors' next stage begins with this ReLU; a second one there changes nothing.
                stage += [nn.BatchNorm2d(width), nn.ReLU()]
            self.add_module(f"block{index}", nn.Sequential(*stage))
        self.bn = UnusedNorm(incoming) if norm_after_stage else nn.BatchNorm2d(incoming)
        self.relu = nn.ReLU()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(incoming, num_classes)


class UnusedNorm(nn.BatchNorm2d):
    """A batch norm that is part of the state and of the parameter count and is not applied."""

    def forward(self, maps: Tensor) -> Tensor:
        """The maps as they are."""
        return maps


class WideBlock(ResidualBlock):
    """Two convolutions, each behind (batch norm and) ReLU; where channels change, the shortcut projects the activated input."""

    def __init__(self, incoming: int, width: int, stride: int, entry_norm: bool) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(incoming) if entry_norm else nn.Identity()
        self.relu1 = nn.ReLU()
        self.conv1 = nn.Conv2d(incoming, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.shortcut = nn.Conv2d(incoming, width, 1, stride, bias=False) if incoming != width else None

    def residual(self, inputs: Tensor) -> Tensor:
        """The two convolutions of the activated input."""
        return self.conv2(self.relu2(self.bn2(self.conv1(inputs))))

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, c, h, w) to (B, width, h/stride, w/stride)."""
        if self.gate == 0.0 and self.shortcut is None:
            return inputs
        activated = self.relu1(self.bn1(inputs))
        return self.gated_sum(inputs if self.shortcut is None else self.shortcut(activated), activated)
