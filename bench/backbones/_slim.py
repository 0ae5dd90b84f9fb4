"""Narrow copies of networks for small scales: the same builder, fewer channels."""

from __future__ import annotations

import torch
from torch import nn


def slim(net: nn.Module, width: float, num_classes: int) -> nn.Module:
    """Multiply every inner channel count of ``net`` by ``width`` and initialise it anew.

    ``net`` lives on the meta device, so that a wide network costs no memory. Image channels and logits keep their numbers.
    Layers are initialised by PyTorch's own defaults, not by the builder's: a narrow network is a stand-in anyway.
    """
    layers: list[nn.Module] = [module for module in net.modules() if isinstance(module, (nn.Conv2d, nn.Linear))]
    first, last = layers[0], _classifier(layers, num_classes)
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            _slim_convolution(module, width, keep_in=module is first, keep_out=module is last)
        elif isinstance(module, nn.Linear):
            module.in_features = _scaled(module.in_features, width)
            if module is not last:
                module.out_features = _scaled(module.out_features, width)
            _reshape(module, (module.out_features, module.in_features), (module.out_features,))
        elif isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.num_features = _scaled(module.num_features, width)
            shape = (module.num_features,)
            _reshape(module, shape, shape)
            module.running_mean = torch.empty(shape, device="meta")
            module.running_var = torch.empty(shape, device="meta")
    net.to_empty(device="cpu")
    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear, nn.modules.batchnorm._BatchNorm)):
            module.reset_parameters()
    return net


def _classifier(layers: list[nn.Module], num_classes: int) -> nn.Module:
    for layer in reversed(layers):
        if getattr(layer, "out_features", getattr(layer, "out_channels", None)) == num_classes:
            return layer
    raise ValueError(f"no layer with {num_classes} outputs")


def _slim_convolution(module: nn.Conv2d, width: float, *, keep_in: bool, keep_out: bool) -> None:
    depthwise = module.groups == module.in_channels > 1
    if not keep_in:
        module.in_channels = _scaled(module.in_channels, width)
    if not keep_out:
        module.out_channels = _scaled(module.out_channels, width)
    if depthwise:
        module.groups = module.in_channels
    _reshape(module, (module.out_channels, module.in_channels // module.groups, *module.kernel_size), (module.out_channels,))


def _scaled(channels: int, width: float) -> int:
    # Half up, never to even: a concatenation's count is then the sum of its parts', if all but one scale to whole numbers.
    return max(1, int(channels * width + 0.5))


def _reshape(module: nn.Module, weight: tuple[int, ...], bias: tuple[int, ...]) -> None:
    if module.weight is not None:
        module.weight = nn.Parameter(torch.empty(weight, device="meta"))
    if module.bias is not None:
        module.bias = nn.Parameter(torch.empty(bias, device="meta"))
