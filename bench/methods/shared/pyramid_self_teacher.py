"""What FRSKD adds to a segmentation network: the rest of the student's third layer, two layers on top of it, and a head."""

from __future__ import annotations

from torch import Tensor, nn

from bench.backbones._bifpn import BiFPNLayer, BottomUp, TopDown, enlarged, segmentation_head
from bench.backbones.efficientdet import EfficientDet, Pyramid


class PyramidSelfTeacher(nn.Module):
    """Two further BiFPN layers, the second without its bottom-up half, and a head of their own.

    Parameters
    ----------
    student
        The network that it is built beside; it takes its widths from there and holds none of its modules.
    num_classes
        Background included.
    """

    def __init__(self, student: EfficientDet, num_classes: int) -> None:
        super().__init__()
        self.bottom_up = BottomUp(student.width)
        self.layers = nn.Sequential(BiFPNLayer(student.width), TopDown(student.width))
        self.head = segmentation_head(student.width, student.head_width, num_classes, student.momentum)

    def forward(self, pyramid: Pyramid) -> tuple[list[Tensor], list[Tensor], Tensor]:
        """The student's six maps S1, the refined six S2, and logits (B, C, H, W) from their finest; nothing is detached."""
        own = self.bottom_up(pyramid.entering, pyramid.refined)
        refined = self.layers(own)
        return own, refined, enlarged(self.head(refined[0]), pyramid.logits.shape[2:])
