"""Parts of FRSKD's segmentation networks: convolution units, the two paths of a BiFPN layer, the head.

A level is a map of a pyramid, finest first: P2 to P7 of strides 4 to 128, all of the same width.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

LEVELS = 6
MOMENTUM = 0.997  # TensorFlow's constant in PyTorch's sense: the running statistics are those of the last batch


def convolution_unit(inputs: int, outputs: int, kernel: int, stride: int = 1, momentum: float = MOMENTUM) -> nn.Sequential:
    """Convolution with bias, batch norm, ReLU; (B, inputs, h, w) to (B, outputs, ceil(h / stride), ceil(w / stride))."""
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs, eps=1e-4, momentum=momentum), nn.ReLU())


def segmentation_head(width: int, middle: int, num_classes: int, momentum: float = MOMENTUM) -> nn.Sequential:
    """3x3 convolution unit and 3x3 convolution to logits; (B, width, h, w) to (B, num_classes, h, w)."""
    return convolution_unit(width, middle, 3, momentum=momentum).append(nn.Conv2d(middle, num_classes, 3, padding=1))


def enlarged(maps: Tensor, size: Sequence[int]) -> Tensor:
    """The maps at another height and width, bilinear."""
    return F.interpolate(maps, tuple(size), mode="bilinear", align_corners=False)


class TopDown(nn.Module):
    """The first half of a BiFPN layer: every level takes in what the coarser one came to.

    ``U7 = n(P7)``, ``Uk = n(Pk + up(U(k+1)))`` with nodes n of their own, bilinear up; plain sums without fusion weights.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.nodes = nn.ModuleList(_node(width) for _ in range(LEVELS))

    def forward(self, levels: Sequence[Tensor]) -> list[Tensor]:
        """U2 to U7 of P2 to P7; same shapes."""
        refined = [self.nodes[-1](levels[-1])]
        for node, level in zip(reversed(self.nodes[:-1]), reversed(levels[:-1]), strict=True):
            refined.insert(0, node(level + enlarged(refined[0], level.shape[2:])))
        return refined


class BottomUp(nn.Module):
    """The second half: every level takes in what the finer one came to.

    ``O2 = U2``, ``Ok = n(Pk + Uk + down(O(k-1)))``, nearest-neighbour down.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.nodes = nn.ModuleList(_node(width) for _ in range(LEVELS - 1))

    def forward(self, levels: Sequence[Tensor], refined: Sequence[Tensor]) -> list[Tensor]:
        """O2 to O7 of P2 to P7 and U2 to U7; same shapes."""
        outputs = [refined[0]]
        for node, level, above in zip(self.nodes, levels[1:], refined[1:], strict=True):
            outputs.append(node(level + above + F.interpolate(outputs[-1], level.shape[2:], mode="nearest")))
        return outputs


class BiFPNLayer(nn.Module):
    """Both halves."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.top_down, self.bottom_up = TopDown(width), BottomUp(width)

    def forward(self, levels: Sequence[Tensor]) -> list[Tensor]:
        """O2 to O7 of P2 to P7; same shapes."""
        return self.bottom_up(levels, self.top_down(levels))


def _node(width: int) -> nn.Sequential:
    """1x1 convolution of each channel by itself, batch norm, ReLU."""
    return nn.Sequential(nn.Conv2d(width, width, 1, groups=width), nn.BatchNorm2d(width), nn.ReLU())
