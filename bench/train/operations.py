"""What operations a piece of work does, and whether a GPU could record them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Operations(TorchDispatchMode):
    """What a step does: every operation with the shapes of its tensors and all its numbers.

    Attributes
    ----------
    impossible
        Why it cannot be recorded; empty where nothing says so.
    """

    def __init__(self, device: torch.device) -> None:
        super().__init__()
        self.device, self.found, self.impossible = device, [], ""  # type: ignore[var-annotated]

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        self.found.append((func, [_said(each) for each in tree_leaves((args, kwargs))]))
        if func is torch.ops.aten._local_scalar_dense.default:
            self.impossible = "its step reads a number off a tensor"
        elif func is torch.ops.aten.lift_fresh.default:
            self.impossible = "its step makes a tensor of Python's numbers"
        elif _shaped_by_numbers(func, args):
            self.impossible = "its step makes a tensor whose shape depends on numbers"
        elif any(isinstance(each, Tensor) and each.device.type != self.device.type for each in tree_leaves(made)):
            self.impossible = f"its step computes outside of the {self.device.type} device"
        return made


def _shaped_by_numbers(func: Any, args: Any) -> bool:
    """Whether an operation looks at a tensor's numbers to know how large its result is; a choice of rows by place does not."""
    if func is torch.ops.aten.index.Tensor:
        return any(each.dtype in (torch.bool, torch.uint8) for each in args[1] if each is not None)
    return torch.Tag.dynamic_output_shape in func.tags


def _said(value: Any) -> Any:
    """What of an operation's argument must be the same in a replay."""
    if isinstance(value, Tensor):
        return (value.shape, value.dtype, value.device)
    return "generator" if isinstance(value, torch.Generator) else value
