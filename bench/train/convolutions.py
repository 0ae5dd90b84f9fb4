"""Convolutions as matrix products (im2col) where the library's own fall off: small maps of many channels, on CPUs.

Which form a training takes is resolved once (:func:`resolve_convolutions`); which of its convolutions are in that form is a
rule of their shape (:data:`RULES`), as ``benchmarks/convolutions.py`` measures it. Another order of summation rounds otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from bench.train.precision import has_amx, has_fast_avx512_bf16


class Shape(NamedTuple):
    """What a rule sees of a convolution: channels in and out, stride, height and width of its output, images."""

    inputs: int
    outputs: int
    stride: int
    height: int
    width: int
    images: int


def _with_amx(shape: Shape) -> bool:
    largest = 7 if shape.outputs >= 512 else 4
    return shape.outputs >= 256 and max(shape.height, shape.width) <= largest


def _without_amx(shape: Shape) -> bool:
    most = 1024 if shape.stride == 1 else 2048
    return min(shape.inputs, shape.outputs) >= 256 and shape.images * shape.height * shape.width <= most


FEW = 16  # channels in, below which SkippingConv2d is needed

RULES: Mapping[str, Callable[[Shape], bool]] = {"gemm": _with_amx, "gemm_weights": _without_amx}
"""Which convolutions are in a form: ``gemm`` is of all three passes, ``gemm_weights`` of the gradient of the weights alone."""


def resolve_convolutions(wish: str, precision: str, device: torch.device) -> str:
    """``library``, ``gemm`` or ``gemm_weights``: ``auto`` takes what was measured to pay (docs/performance.md).

    That is ``gemm`` in bf16 with AMX and ``gemm_weights`` in bf16 on AMD's processors with ``avx512_bf16``; it is the library's
    on GPUs and in fp32, whose numbers are held against the papers'.
    """
    if device.type != "cpu":
        return "library"
    if wish != "auto":
        return wish
    if precision != "bf16":
        return "library"
    return "gemm" if has_amx() else "gemm_weights" if has_fast_avx512_bf16() else "library"


def put_into_form(module: nn.Module, form: str) -> None:
    """Let the plain convolutions of a module choose ``form`` by their shape; grouped, dilated and padded ones stay as they are.

    Those that the library computes wrongly are in the form that it computes rightly, whatever ``form``. Parameters, names and
    hooks stay, and nothing is drawn.
    """
    for part in module.modules():
        if type(part) is not nn.Conv2d or not can_be_in_form(part):
            continue
        if part.kernel_size == (1, 1) and part.stride[0] > 1 and part.in_channels < FEW and part.padding == (0, 0):
            part.__class__ = SkippingConv2d
        elif form != "library":
            part.__class__ = ShapedConv2d
            part.form = form  # type: ignore[assignment]


def can_be_in_form(layer: nn.Conv2d) -> bool:
    """Whether a convolution is one matrix product: one group, no dilation, zeros around, as many on every side."""
    symmetric = layer.padding_mode == "zeros" and not isinstance(layer.padding, str) and len(set(layer.padding)) == 1
    return layer.groups == 1 and set(layer.dilation) == {1} and len(set(layer.stride)) == 1 and symmetric


class SkippingConv2d(nn.Conv2d):
    """A convolution of single pixels with a stride, on several threads of a CPU computed of the pixels that it does not skip.

    oneDNN's gradient of its weights writes beside its memory there, for few channels and an odd number of images: torch 2.12.0
    ends in a segmentation fault. A single thread does not, and computes as ever.
    """

    def _conv_forward(self, images: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if images.device.type != "cpu" or torch.get_num_threads() == 1:
            return super()._conv_forward(images, weight, bias)
        return F.conv2d(images[..., :: self.stride[0], :: self.stride[1]], weight, bias)


class ShapedConv2d(nn.Conv2d):
    """A convolution that is a matrix product where the rule of its form says so."""

    form: str

    def _conv_forward(self, images: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        whole, stride, padding = self.form == "gemm", self.stride[0], int(self.padding[0])
        height, width = (
            (size + 2 * padding - kernel) // stride + 1
            for size, kernel in zip(images.shape[-2:], self.kernel_size, strict=True)
        )
        shape = Shape(self.in_channels, self.out_channels, stride, height, width, len(images))
        if images.ndim != 4 or not RULES[self.form](shape) or not (whole or torch.is_grad_enabled()):
            return super()._conv_forward(images, weight, bias)
        if torch.is_autocast_enabled("cpu"):
            lower = torch.get_autocast_dtype("cpu")
            images, weight, bias = images.to(lower), weight.to(lower), None if bias is None else bias.to(lower)
        return product_convolution(images, weight, bias, stride, padding, whole)


def product_convolution(
    images: Tensor, weight: Tensor, bias: Tensor | None, stride: int = 1, padding: int = 0, whole: bool = True
) -> Tensor:
    """``F.conv2d`` of (B, C, H, W) whose gradient of the weights, or if ``whole`` all of it, is a product of patches."""
    return _Product.apply(images, weight, bias, stride, padding, whole)  # type: ignore[no-any-return, no-untyped-call]


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, images: Tensor, weight: Tensor, bias: Tensor | None, stride: int, padding: int, whole: bool
    ) -> Tensor:
        ctx.save_for_backward(images, weight)
        ctx.stride, ctx.padding, ctx.whole = stride, padding, whole
        if not whole:
            return F.conv2d(images, weight, bias, stride, padding)
        patches, (height, width) = _patches(images, weight, stride, padding)
        product = patches @ _as_matrix(weight).t()
        product = product if bias is None else product + bias
        return product.view(len(images), height, width, len(weight)).permute(0, 3, 1, 2)

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        images, weight = ctx.saved_tensors
        stride, padding = ctx.stride, ctx.padding
        of_images = of_weight = of_bias = None
        rows = gradient.permute(0, 2, 3, 1).reshape(-1, len(weight))
        if ctx.needs_input_grad[0]:
            into = _scattered if ctx.whole else _library_gradient
            of_images = into(gradient, images, weight, stride, padding)
        if ctx.needs_input_grad[1]:
            product = rows.t() @ _patches(images, weight, stride, padding)[0]
            of_weight = product.view(len(weight), *weight.shape[2:], weight.shape[1]).permute(0, 3, 1, 2)
        if ctx.needs_input_grad[2]:
            of_bias = rows.sum(0)
        return of_images, of_weight, of_bias, None, None, None


def _as_matrix(weight: Tensor) -> Tensor:
    return weight.permute(0, 2, 3, 1).reshape(len(weight), -1)


def _patches(images: Tensor, weight: Tensor, stride: int, padding: int) -> tuple[Tensor, torch.Size]:
    """What each output sees, (B h w, k k C), and the (h, w) of the outputs."""
    high, wide = weight.shape[2:]
    padded = F.pad(images, (padding,) * 4) if padding else images
    seen = padded.unfold(2, high, stride).unfold(3, wide, stride)  # (B, C, h, w, k, k), a view
    return seen.permute(0, 2, 3, 4, 5, 1).reshape(-1, high * wide * images.shape[1]), seen.shape[2:4]


def _scattered(gradient: Tensor, images: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    """The gradient of the images: that of every patch, added where the patch was cut out."""
    count, height, width = len(images), *gradient.shape[2:]
    high, wide = weight.shape[2:]
    rows = gradient.permute(0, 2, 3, 1).reshape(-1, len(weight))
    patches = (rows @ _as_matrix(weight)).view(count, height, width, high, wide, -1)
    shape = (count, images.shape[2] + 2 * padding, images.shape[3] + 2 * padding, images.shape[1])
    total = patches.new_zeros(shape)
    for row in range(high):
        for column in range(wide):
            to = total[:, row : row + stride * height : stride, column : column + stride * width : stride]
            to += patches[:, :, :, row, column]
    inside = total[:, padding : shape[1] - padding, padding : shape[2] - padding]
    return inside.permute(0, 3, 1, 2)


def _library_gradient(gradient: Tensor, images: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
    return torch.ops.aten.convolution_backward(  # type: ignore[no-any-return]
        gradient, images, weight, None, [stride] * 2, [padding] * 2, [1, 1], False, [0, 0], 1, [True, False, False]
    )[0]
