"""The initialisation that the CIFAR networks' authors share."""

from __future__ import annotations

from torch import nn


def he_normal(net: nn.Module) -> None:
    """Draw convolutions from N(0, 2 / (k^2 c_out)) and set their biases to 0; all else keeps PyTorch's defaults."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
