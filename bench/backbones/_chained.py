"""The form of our own networks: children that run in the order in which they are registered."""

from __future__ import annotations

from torch import Tensor, nn


class ChainedNet(nn.Module):
    """Children in order, the last of them the classifier ``fc``, which sees flattened maps."""

    fc: nn.Linear

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, C) of images (B, 3, H, W)."""
        maps = images
        for name, child in self.named_children():
            if name != "fc":
                maps = child(maps)
        return self.fc(maps.flatten(1))
