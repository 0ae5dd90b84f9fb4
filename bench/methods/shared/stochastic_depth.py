"""Sub-networks of a residual network: which blocks survive, and running a network with some of them left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from bench.backbones import Network
from bench.backbones._residual import ResidualBlock
from bench.methods._method import Method


def survival_probabilities(blocks: int, last: float) -> list[float]:
    """The linear decay rule p_l = 1 - (l / L) (1 - p_L), l = 1..L (Huang et al. 2016, section 3).

    Parameters
    ----------
    blocks
        L, down-sampling blocks included.
    last
        p_L, the last block's probability.
    """
    return [1.0 - (block / blocks) * (1.0 - last) for block in range(1, blocks + 1)]


def check_survival(last: float) -> None:
    """Refuse what is no survival probability."""
    if not 0 < last <= 1:
        raise ValueError(f"survival is {last}; allowed: above 0, up to 1")


def draw_gates(probabilities: Sequence[float]) -> list[float]:
    """One Bernoulli draw b_l per block: 1 keeps its residual branch for this mini-batch, 0 skips it.

    Drawn on the CPU from torch's global generator: the draws steer which Python code runs, and no device has to be waited for.
    """
    return [float(kept) for kept in torch.rand(len(probabilities)) < torch.tensor(probabilities)]


def set_gates(network: Network, gates: Sequence[float]) -> None:
    """Multiply the residual branch of each block by its gate from now on."""
    for block, gate in zip(network.residual_blocks(), gates, strict=True):
        block.gate = gate


@contextmanager
def gated(network: Network, gates: Sequence[float]) -> Iterator[None]:
    """Set the blocks' gates for a while."""
    rest = [block.gate for block in network.residual_blocks()]
    set_gates(network, gates)
    try:
        yield
    finally:
        set_gates(network, rest)


def sampled_logits(network: Network, images: Tensor, gates: Sequence[float]) -> Tensor:
    """Logits (B, C) of the sub-network that ``gates`` (zeros and ones) leave.

    A skipped block's parameters get a gradient of zero, not none at all: in the authors' code one optimiser step acts
    on all parameters as a single vector, so that momentum and weight decay go on where the gradient is zero.
    """
    with gated(network, gates):
        logits = network(images)
    blocks = zip(network.residual_blocks(), gates, strict=True)
    skipped = [parameter for block, gate in blocks if gate == 0.0 for parameter in block.parameters()]
    return _ZeroGradient.apply(logits, *skipped) if skipped and torch.is_grad_enabled() else logits


class _ZeroGradient(torch.autograd.Function):
    """Hands on its first argument, and a gradient of zero to the others."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, *parameters: nn.Parameter) -> Tensor:
        ctx.parameters = parameters
        return logits.view_as(logits)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, ...]:
        return (gradients[0], *(torch.zeros_like(parameter) for parameter in ctx.parameters))


def folded_state(network: Network) -> dict[str, Tensor]:
    """State dict of the plain network that computes what ``network`` computes with its gates.

    A gate scales the residual branch, hence the last layer of it: a batch norm's weight and bias, or a convolution's weight.
    """
    state = {name: value.clone() for name, value in network.net.state_dict().items()}
    for path, block in network.net.named_modules():
        if isinstance(block, ResidualBlock):
            layers = [name for name, part in block.named_modules() if isinstance(part, nn.Conv2d | nn.BatchNorm2d)]
            last = [name for name in layers if not name.startswith("shortcut")][-1]
            for name in ("weight", "bias"):
                if f"{path}.{last}.{name}" in state:
                    state[f"{path}.{last}.{name}"] *= block.gate
    return state


class SamplingMethod(Method):
    """A method that samples sub-networks in training and deploys the full network with scaled branches.

    The scaling is what the student computes at rest; it is no part of its state dict, and an export folds it into the weights.
    ``Params`` has ``survival``, p_L.
    """

    steady = False  # which blocks run is drawn in Python

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.probabilities = survival_probabilities(len(self.student.residual_blocks()), self.params.survival)
        set_gates(self.student, self.probabilities)

    def export(self) -> dict[str, Tensor]:
        """The plain network whose weights hold the test-time scaling."""
        return folded_state(self.student)
