"""Copies of a network's parts that start from weights of their own."""

from __future__ import annotations

import copy
from typing import TypeVar

import torch
from torch import nn

AnyModule = TypeVar("AnyModule", bound=nn.Module)


def fresh_copy(module: AnyModule) -> AnyModule:
    """A copy with the same shapes and newly drawn initial weights.

    Every parameter's entries are put in a random order (torch's global generator). The entries of an initial weight are drawn
    independently from one distribution, so the result is another draw of it, whatever initialiser the network's builder used;
    constants stay constants.

    Parameters
    ----------
    module
        A part that has not been trained yet; left as it is.
    """
    twin = copy.deepcopy(module)
    with torch.no_grad():
        for parameter in twin.parameters():
            order = torch.randperm(parameter.numel(), device=parameter.device)
            parameter.copy_(parameter.flatten()[order].view_as(parameter))
    return twin
