"""The wrapper around a plain network: fp32 logits, stage features tapped by module path."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Network(nn.Module):
    """A plain classifier and the paths of the modules whose outputs count as its stages.

    Parameters
    ----------
    net
        The untouched network; its ``state_dict`` is what an export holds.
    stages
        Module paths, shallow to deep, as in ``("layer1", "layer2")``; empty where no method taps it.
    """

    def __init__(self, net: nn.Module, stages: Sequence[str] = ()) -> None:
        super().__init__()
        self.net = net
        self.stages = tuple(stages)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, C) in fp32 for images (B, 3, H, W), whatever the precision of the forward pass."""
        return self.net(images).float()

    def features(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (B, C) in fp32 and one feature map (B, c, h, w) per stage, shallow to deep."""
        maps: dict[str, Tensor] = {}

        def tap(path: str) -> torch.utils.hooks.RemovableHandle:
            def keep(module: nn.Module, inputs: object, output: Tensor) -> None:
                maps[path] = output

            return self.net.get_submodule(path).register_forward_hook(keep)

        handles = [tap(path) for path in self.stages]
        try:
            logits = self(images)
        finally:
            for handle in handles:
                handle.remove()
        return logits, [maps[path] for path in self.stages]


def count_parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
