"""Self-teachers: small bi-directional feature pyramids on a network's stage features (FRSKD, section 3.1)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

KINDS = ("bifpnc", "bifpn")
EPSILON = 1e-6  # of the normalised fusion, as in EfficientDet


class SelfTeacher(nn.Module):
    """A top-down and a bottom-up path over the stages, and a classifier on the deepest refined map.

    Two kinds: BiFPNc, whose level i is ``width * c_i`` channels wide, like the stage it refines, and whose resamplers end in
    a 1x1 convolution; and BiFPN, all of whose levels are as wide as the deepest, with bare resamplers.

    Parameters
    ----------
    kind
        ``bifpnc`` or ``bifpn``.
    channels
        c_i of the network's stages, shallow to deep.
    width
        w; the deepest level has ``w * c_n`` channels.
    num_classes
        C.
    depth
        Depthwise-separable convolutions per fusion.
    """

    def __init__(self, kind: str, channels: Sequence[int], width: int, num_classes: int, depth: int = 2) -> None:
        super().__init__()
        self.channels = [width * (c if kind == "bifpnc" else channels[-1]) for c in channels]
        levels = self.channels
        up = [_Up(deeper, shallower if kind == "bifpnc" else None) for shallower, deeper in pairwise(levels)]
        down = [_Down(shallower, deeper if kind == "bifpnc" else None) for shallower, deeper in pairwise(levels)]
        self.lateral = nn.ModuleList(_projection(c, d) for c, d in zip(channels, levels, strict=True))
        self.second_lateral = nn.ModuleList(_projection(c, d) for c, d in zip(channels[1:], levels[1:], strict=True))
        self.up, self.down = nn.ModuleList(up), nn.ModuleList(down)
        self.top_down = nn.ModuleList(_Fusion(d, 2, depth) for d in levels[:-1])
        inputs = [3] * (len(levels) - 2) + [2]
        self.bottom_up = nn.ModuleList(_Fusion(d, n, depth) for d, n in zip(levels[1:], inputs, strict=True))
        self.classifier = nn.Linear(levels[-1], num_classes)

    def forward(self, maps: Sequence[Tensor], before_activation: bool = False) -> tuple[Tensor, list[Tensor]]:
        """Logits (B, C) in fp32 and the refined maps T_i, shallow to deep, each as large as the stage it refines.

        Parameters
        ----------
        maps
            The stages' features, before or after their ReLU: it is applied here. They are not detached; the self-teacher's
            cross entropy reaches the network (deep supervision).
        before_activation
            Give T_i before the ReLU.
        """
        maps = [F.relu(item) for item in maps]
        laterals = [lateral(item) for lateral, item in zip(self.lateral, maps, strict=True)]
        refined = self._bottom_up(maps, self._top_down(laterals))
        active = [F.relu(item) for item in refined]
        logits = self.classifier(active[-1].mean((2, 3))).float()
        return logits, refined if before_activation else active

    def norms(self) -> list[nn.BatchNorm2d]:
        """The batch norm that feeds the ReLU of every T_i."""
        return [self.top_down[0].last_norm, *(fusion.last_norm for fusion in self.bottom_up)]  # type: ignore[list-item]

    def _top_down(self, laterals: list[Tensor]) -> list[Tensor]:
        """P_i = Blk(w1 L_i + w2 Up(P_{i+1})), P_n = L_n (eq. 2)."""
        paths = [laterals[-1]]
        for level in reversed(range(len(laterals) - 1)):
            up = self.up[level](F.relu(paths[0]), laterals[level].shape[2:])
            paths.insert(0, self.top_down[level]([laterals[level], up]))
        return paths

    def _bottom_up(self, maps: list[Tensor], paths: list[Tensor]) -> list[Tensor]:
        """T_i = Blk(w1 L'_i + w2 P_i + w3 Down(T_{i-1})), T_1 = P_1, no P in T_n (eq. 2)."""
        refined = [paths[0]]
        for level in range(1, len(maps)):
            inputs = [self.second_lateral[level - 1](maps[level]), self.down[level - 1](F.relu(refined[-1]))]
            if level < len(maps) - 1:
                inputs.insert(1, F.relu(paths[level]))
            refined.append(self.bottom_up[level - 1](inputs))
        return refined


class _Fusion(nn.Module):
    """A weighted mean of maps, then ``depth`` depthwise-separable 3x3 convolutions; no ReLU at the end."""

    def __init__(self, channels: int, inputs: int, depth: int) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.ones(inputs))
        layers: list[nn.Module] = []
        for index in range(depth):
            layers += [nn.ReLU()] if index else []
            layers += [nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False)]
            layers += [nn.Conv2d(channels, channels, 1, bias=False), nn.BatchNorm2d(channels)]
        self.layers = nn.Sequential(*layers)

    @property
    def last_norm(self) -> nn.Module:
        return self.layers[-1]

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        weights = F.relu(self.weights)
        weights = weights / (weights.sum() + EPSILON)
        return self.layers(sum(weight * item for weight, item in zip(weights, maps, strict=True)))


class _Up(nn.Module):
    """Nearest neighbours, then a projection where the level above is of another width."""

    def __init__(self, inputs: int, outputs: int | None) -> None:
        super().__init__()
        self.project = nn.Identity() if outputs is None else _projection(inputs, outputs)

    def forward(self, maps: Tensor, size: Sequence[int]) -> Tensor:
        return self.project(F.interpolate(maps, size=tuple(size), mode="nearest"))


class _Down(nn.Module):
    """3x3 maximum, stride 2, zeros around so that ceil(size / 2) is left; then a projection where the widths differ."""

    def __init__(self, inputs: int, outputs: int | None) -> None:
        super().__init__()
        self.project = nn.Identity() if outputs is None else _projection(inputs, outputs)

    def forward(self, maps: Tensor) -> Tensor:
        margins: list[int] = []
        for size in (maps.shape[3], maps.shape[2]):
            missing = 2 * (math.ceil(size / 2) - 1) - size + 3
            margins += [missing // 2, missing - missing // 2]
        return self.project(F.max_pool2d(F.pad(maps, margins), 3, 2))


def _projection(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())
