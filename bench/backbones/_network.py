"""The wrapper around a plain network that every task builds on: fp32 output, stage features, residual blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from bench.backbones._anatomy import norm_of
from bench.backbones._residual import ResidualBlock
from bench.backbones._taps import recording
from bench.plan.errors import BenchError


@dataclass(frozen=True)
class Taps:
    """What one forward pass shows.

    Attributes
    ----------
    logits
        The network's output, fp32: (B, C) of a classifier.
    maps
        One (B, c, h, w) per stage, shallow to deep, in the precision of the pass.
    """

    logits: Tensor
    maps: list[Tensor]


class Network(nn.Module):
    """A plain network and the paths of the modules whose outputs count as its stages.

    Parameters
    ----------
    net
        The untouched network; its ``state_dict`` is what an export holds.
    stages
        Module paths, shallow to deep, as in ``("layer1", "layer2")``; empty where no method taps it.
    norms
        For pre-activation networks, whose stages end in a bare sum: the path of the batch norm that each stage's output enters
        next. Empty where stages end in a ReLU of their own.
    """

    def __init__(self, net: nn.Module, stages: Sequence[str] = (), norms: Sequence[str] = ()) -> None:
        super().__init__()
        self.net = net
        self.stages = tuple(stages)
        self.norms = tuple(norms)

    def forward(self, images: Tensor) -> Tensor:
        """Output in fp32 for images (B, 3, H, W), whatever the precision of the forward pass."""
        return at_least_fp32(self.net(images))

    def training_pass(self, images: Any, targets: Any) -> Any:
        """What the network alone computes in a step of training: its forward pass, unless its task has another."""
        return self(images)

    def features(self, images: Tensor, before_activation: bool = False) -> tuple[Tensor, list[Tensor]]:
        """Output in fp32 and one feature map (B, c, h, w) per stage, shallow to deep; see :meth:`look`."""
        taps = self.look(images, before_activation)
        return taps.logits, taps.maps

    def look(self, images: Tensor, before_activation: bool = False) -> Taps:
        """Output and stage features of one forward pass; nothing stays registered afterwards.

        A stage's feature is its output: after the ReLU for ResNet, VGG, ShuffleNet and FRSKD's WRN, the bare block sum for WRN
        (whose ReLU follows, behind a batch norm, in the next stage), the linear bottleneck for MobileNetV2. With
        ``before_activation`` it is what enters that ReLU: the sum of shortcut and residual for ResNet, the output of the next
        batch norm for WRN; a stage that does not end in one ReLU (MobileNetV2, ShuffleNetV2) gives its output.

        Raises
        ------
        BenchError
            If the backbone declares no stages.
        """
        self.need_stages(1)
        with recording(self.net, self.stages, self.norms, before_activation) as taps:
            logits = self(images)
        return Taps(logits, [taps.maps[path] for path in self.stages])

    def stage_shapes(self, size: int) -> list[tuple[int, int, int]]:
        """(c, h, w) of each stage's feature for images of ``size`` pixels; draws no random number and changes no statistics."""
        modes = {module: module.training for module in self.modules()}
        parameter = next(self.parameters())
        images = torch.zeros(1, 3, size, size, device=parameter.device, dtype=parameter.dtype)
        self.eval()
        try:
            with torch.no_grad():
                return [(part.shape[1], part.shape[2], part.shape[3]) for part in self.look(images).maps]
        finally:
            for module, training in modes.items():
                module.training = training

    def stage_norms(self) -> list[nn.BatchNorm2d]:
        """For each stage, the batch norm whose output enters its final ReLU (in ResNets: through the sum with the shortcut)."""
        self.need_stages(1)
        if self.norms:
            return [self.net.get_submodule(path) for path in self.norms]  # type: ignore[misc]
        return [norm_of(self.net, path) for path in self.stages]

    def residual_blocks(self) -> list[ResidualBlock]:
        """The residual blocks in order, each with a plain float ``gate`` that multiplies its residual branch (0: not computed).

        Raises
        ------
        BenchError
            If the backbone has no blocks of ours (torchvision's and timm's cannot be gated).
        """
        blocks = [module for module in self.net.modules() if isinstance(module, ResidualBlock)]
        if not blocks:
            raise BenchError(f"{type(self.net).__name__}: has no gated residual blocks; allowed: the CIFAR ResNets and WRNs")
        return blocks

    def need_stages(self, least: int) -> None:
        """Raise a :class:`BenchError` if fewer than ``least`` stages are declared."""
        if len(self.stages) < least:
            raise BenchError(
                f"{type(self.net).__name__}: declares {len(self.stages)} stages where the method needs at least {least}"
            )


def at_least_fp32(values: Tensor) -> Tensor:
    """The values in fp32 where they were computed in less; double stays double."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


def count_parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
