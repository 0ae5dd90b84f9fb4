"""A residual block whose branch can be scaled or left out, as stochastic depth needs it."""

from __future__ import annotations

from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """Base of blocks that compute ``activation(shortcut + gate * residual)``.

    ``gate`` is a plain float and no part of the state: 1 is the plain network, 0 leaves the residual branch uncomputed (its
    batch norms see nothing), anything else scales it. The shortcut always runs, its projection included.
    """

    gate: float = 1.0

    def residual(self, inputs: Tensor) -> Tensor:
        """The residual branch."""
        raise NotImplementedError

    def gated_sum(self, shortcut: Tensor, inputs: Tensor) -> Tensor:
        """``shortcut + gate * residual(inputs)``."""
        if self.gate == 0.0:
            return shortcut
        if self.gate == 1.0:
            return shortcut + self.residual(inputs)
        return shortcut + self.gate * self.residual(inputs)
