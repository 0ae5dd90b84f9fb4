"""Augmentation and normalisation of whole batches, on the device that holds them.

Every transform takes a batch and a generator and treats each image with its own draw. Order and meaning of the recipe's keys:
``workflow/schemas/paper.schema.yaml``. Flips and crops work on uint8, a quarter of the memory traffic of floats.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from bench.plan import BenchError, one_of

RATIO = (3 / 4, 4 / 3)  # aspect ratios of random_resized_crop, as torchvision's default
TRIES = 10  # draws of a box before the whole image is taken, as in torchvision


class TrainTransform:
    """The recipe's augmentation, then normalisation.

    Parameters
    ----------
    recipe
        Reads ``image_size``, ``augmentation`` and ``normalise``.
    """

    def __init__(self, recipe: Mapping[str, Any]) -> None:
        self.size = int(recipe["image_size"])
        self.steps: list[tuple[Callable[..., Tensor], Any]] = []
        for step in recipe["augmentation"]:
            ((name, value),) = step.items()
            if name not in AUGMENTATIONS:
                raise BenchError(f"augmentation '{name}' is unknown; {one_of(name, AUGMENTATIONS)}")
            self.steps.append((AUGMENTATIONS[name], (*value, self.size) if name == "random_resized_crop" else value))
        self.resizes = any(function is random_resized_crop for function, _ in self.steps)
        self.normalise = Normalise(recipe["normalise"])

    def __call__(self, images: Tensor, draw: torch.Generator) -> Tensor:
        """uint8 or float in [0, 255], (B, C, H, W), to normalised float32, (B, 3, S, S), channels_last."""
        if not self.resizes:
            images = resize(images, self.size)
        for function, value in self.steps:
            images = function(images, value, draw)
        return self.normalise(images)


class EvaluationTransform:
    """Resize, centre crop, normalise; draws nothing.

    Parameters
    ----------
    recipe
        Reads ``image_size``, ``test_resize`` and ``normalise``.
    """

    def __init__(self, recipe: Mapping[str, Any]) -> None:
        self.size = int(recipe["image_size"])
        self.short_side = int(recipe.get("test_resize") or self.size)
        if self.short_side < self.size:
            raise BenchError(f"test_resize {self.short_side} is smaller than image_size {self.size}")
        self.normalise = Normalise(recipe["normalise"])

    def __call__(self, images: Tensor) -> Tensor:
        """As :class:`TrainTransform`."""
        images = resize(images, self.short_side)
        top = (images.shape[-2] - self.size) // 2
        left = (images.shape[-1] - self.size) // 2
        return self.normalise(images[..., top : top + self.size, left : left + self.size])


class Normalise:
    """``(x / 255 - mean) / std`` per channel; a grey image is repeated three times.

    Parameters
    ----------
    values
        ``mean`` and ``std`` on [0, 1] images, one number for all channels or three.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        mean, std = (torch.tensor([float(v) for v in values[key]]).reshape(-1, 1, 1) for key in ("mean", "std"))
        self.scale = 1 / (255 * std)
        self.shift = mean / std

    def __call__(self, images: Tensor) -> Tensor:
        if self.scale.device != images.device:
            self.scale, self.shift = self.scale.to(images.device), self.shift.to(images.device)
        if len(self.scale) > images.shape[1] or images.shape[1] != 1:
            images = images.expand(-1, 3, -1, -1)
        normalised = images.float().mul_(self.scale) if images.dtype == torch.uint8 else images * self.scale
        return normalised.sub_(self.shift).expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)


def resize(images: Tensor, short_side: int) -> Tensor:
    """Bilinear with antialiasing, so that shrinking does not alias speckle; the same tensor where nothing has to change."""
    height, width = images.shape[-2:]
    if min(height, width) == short_side:
        return images
    scale = short_side / min(height, width)
    shape = (max(short_side, round(height * scale)), max(short_side, round(width * scale)))
    return F.interpolate(images.float(), shape, mode="bilinear", antialias=True).clamp_(0, 255)


def horizontal_flip(images: Tensor, probability: float, draw: torch.Generator) -> Tensor:
    return _flip(images, probability, draw, -1)


def vertical_flip(images: Tensor, probability: float, draw: torch.Generator) -> Tensor:
    return _flip(images, probability, draw, -2)


def random_crop(images: Tensor, padding: int, draw: torch.Generator) -> Tensor:
    """Shift every image by up to ``padding`` pixels each way; what comes in from outside is 0."""
    batch, channels, height, width = images.shape
    offsets = torch.randint(0, 2 * padding + 1, (2, batch, 1), generator=draw, device=images.device)
    rows = offsets[0] + torch.arange(height, device=images.device)
    columns = offsets[1] + torch.arange(width, device=images.device)
    padded = F.pad(images, (padding,) * 4)
    each = torch.arange(batch, device=images.device)
    channel = torch.arange(channels, device=images.device)
    return padded[each[:, None, None, None], channel[:, None, None], rows[:, None, :, None], columns[:, None, None, :]]


def random_resized_crop(images: Tensor, scale: tuple[float, float, int], draw: torch.Generator) -> Tensor:
    """A box of random area and aspect ratio, resized to the input size.

    Boxes are drawn as torchvision's RandomResizedCrop draws them (whole pixels, ten tries, then the largest centred box) and
    resized as it does: bilinearly, a box that shrinks with antialiasing.

    Parameters
    ----------
    scale
        Smallest and largest share of the image's area, and the side of the output in pixels.
    """
    smallest, largest, size = scale
    batch, _, height, width = images.shape
    area, ratio, top, left = torch.rand(4, batch, TRIES, generator=draw, device=images.device)
    area = height * width * (smallest + (largest - smallest) * area)
    ratio = torch.exp(math.log(RATIO[0]) + math.log(RATIO[1] / RATIO[0]) * ratio)
    box_width, box_height = (area * ratio).sqrt().round(), (area / ratio).sqrt().round()
    fits = (box_width >= 1) & (box_width <= width) & (box_height >= 1) & (box_height <= height)
    first = fits.byte().argmax(1, keepdim=True)
    box_width, box_height, top, left, fits = (t.gather(1, first)[:, 0] for t in (box_width, box_height, top, left, fits))
    box_width = torch.where(fits, box_width, min(width, round(height * RATIO[1])))
    box_height = torch.where(fits, box_height, min(height, round(width / RATIO[0])))
    top = torch.where(fits, (top * (height - box_height + 1)).floor(), ((height - box_height) / 2).floor())
    left = torch.where(fits, (left * (width - box_width + 1)).floor(), ((width - box_width) / 2).floor())
    rows, columns = _resampling(top, box_height, height, size), _resampling(left, box_width, width, size)
    return (rows[:, None] @ images.float() @ columns[:, None].transpose(-2, -1)).clamp_(0, 255)


def rotation(images: Tensor, degrees: float, draw: torch.Generator) -> Tensor:
    """Turn every image about its centre by up to ``degrees`` each way; what comes in from outside is 0."""
    angle = (2 * torch.rand(len(images), generator=draw, device=images.device) - 1) * math.radians(degrees)
    cosine, sine, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    rows = (torch.stack([cosine, -sine, zero], 1), torch.stack([sine, cosine, zero], 1))
    shape = [len(images), images.shape[1], images.shape[-1], images.shape[-1]]
    grid = F.affine_grid(torch.stack(rows, 1), shape, align_corners=False)
    return F.grid_sample(images.float(), grid, mode="bilinear", padding_mode="zeros", align_corners=False)


AUGMENTATIONS: dict[str, Callable[..., Tensor]] = {
    "horizontal_flip": horizontal_flip,
    "vertical_flip": vertical_flip,
    "random_crop": random_crop,
    "random_resized_crop": random_resized_crop,
    "rotation": rotation,
}


def _flip(images: Tensor, probability: float, draw: torch.Generator, axis: int) -> Tensor:
    flipped = torch.rand(len(images), 1, 1, 1, generator=draw, device=images.device) < probability
    return torch.where(flipped, images.flip(axis), images)


def _resampling(start: Tensor, length: Tensor, pixels: int, size: int) -> Tensor:
    """What every pixel of a line adds to every pixel of the resized stretch: a triangle as wide as the scale, at least 1.

    Parameters
    ----------
    start, length
        float32, (B,): the stretch of each image's lines, in whole pixels.
    pixels, size
        Of the line, and of the resized stretch.

    Returns
    -------
    torch.Tensor
        float32, (B, size, pixels); rows sum to 1, and nothing outside a stretch counts.
    """
    place = torch.arange(pixels, device=start.device)
    scale, start, length = ((length / size)[:, None], start[:, None], length[:, None])
    centre = start + (torch.arange(size, device=start.device) + 0.5) * scale
    distance = (place + 0.5 - centre[..., None]).abs() / scale.clamp(min=1)[..., None]
    inside = (place >= start) & (place < start + length)
    weights = (1 - distance).clamp(min=0) * inside[:, None]
    return weights / weights.sum(-1, keepdim=True)
