"""The mini-batch that last-mini-batch methods carry from one step to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from bench.methods._method import Method


@dataclass(frozen=True)
class Carry:
    """The last mini-batch.

    Its second view (B, 3, H, W), its labels (B,), and the logits (B, C) that its first view got, detached.
    """

    images: Tensor
    labels: Tensor
    logits: Tensor


class CarryingMethod(Method):
    """A method whose state includes the last mini-batch.

    The carry lives on across epochs, as in the authors' code of DLB, is part of the state dict, and is untouched by evaluation.
    """

    views = 2
    whole_batch = "it carries the last mini-batch to the next step"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.carry: Carry | None = None

    def remember(self, images: Tensor, labels: Tensor, logits: Tensor) -> None:
        """Keep a mini-batch for the next step; its logits stay in fp32."""
        self.carry = Carry(images, labels, logits.detach())

    @property
    def carried(self) -> tuple[Tensor, ...]:
        """The last mini-batch."""
        return () if self.carry is None else tuple(vars(self.carry).values())

    @carried.setter
    def carried(self, tensors: tuple[Tensor, ...]) -> None:
        self.carry = Carry(*tensors) if tensors else None

    def get_extra_state(self) -> dict[str, Tensor]:
        return {} if self.carry is None else dict(vars(self.carry))

    def set_extra_state(self, state: dict[str, Tensor]) -> None:
        device = next(self.student.parameters()).device
        self.carry = Carry(**{key: value.to(device) for key, value in state.items()}) if state else None
