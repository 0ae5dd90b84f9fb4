"""Augmentation of a picture together with its mask or boxes, on PIL images: geometry moves both, by one draw.

torchvision's v2 functions do the work; they leave PIL images to PIL, whose nearest neighbours masks need (v2's own way with
masks is shifted by half a pixel). Draws come from the global generator, whose seed is the caller's business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as v2

from bench.data.boxes import LEAST_SIDE
from bench.plan import BenchError, one_of

Pair = tuple[Image.Image, Image.Image]
Boxed = tuple[Image.Image, dict[str, Tensor]]
LARGE = 1333  # pixels; a side that pictures seldom pass where a recipe sets no limit
Step = tuple[Callable[..., Any], tuple[Any, ...]]


class MaskTransform:
    """A recipe's augmentation of picture and mask; without ``training`` the resizing to the input size alone.

    Parameters
    ----------
    recipe
        Reads ``augmentation`` (``horizontal_flip``, ``scale_crop``, ``blur``), ``image_size`` and, for testing, ``score_size``:
        ``original`` leaves test masks at their own size.
    """

    def __init__(self, recipe: Mapping[str, Any], *, training: bool) -> None:
        self.side = self.largest = int(recipe["image_size"])
        self.keep_masks = not training and recipe.get("score_size") == "original"
        self.steps: list[Step] = _steps(recipe["augmentation"], MASK_STEPS) if training else []

    def __call__(self, picture: np.ndarray, mask: np.ndarray) -> tuple[Tensor, Tensor]:
        """uint8 (H, W, 3) and (H, W) to uint8 (3, S, S) and (S, S)."""
        pair = Image.fromarray(picture), Image.fromarray(mask)
        for function, values in self.steps:
            pair = function(pair, *values)
        if pair[0].size != (self.side, self.side):
            pair = _resized(pair, (self.side, self.side))
        return _pixels(pair[0]), torch.from_numpy(mask if self.keep_masks else np.array(pair[1]))


class BoxTransform:
    """A recipe's augmentation of picture and boxes; pictures keep their shape.

    Parameters
    ----------
    recipe
        Reads ``augmentation`` (``short_side``, ``horizontal_flip``), ``long_side`` and, for testing, ``test_resize``, the short
        side there.
    """

    def __init__(self, recipe: Mapping[str, Any], *, training: bool) -> None:
        longest = int(recipe.get("long_side") or 10**9)
        self.largest = int(recipe.get("long_side") or LARGE)
        self.steps: list[Step]
        if training:
            self.steps = _steps(recipe["augmentation"], BOX_STEPS, longest)
        else:
            short = recipe.get("test_resize")
            self.steps = [(short_side, ([int(short)], longest))] if short else []

    def __call__(self, picture: np.ndarray, boxes: Mapping[str, np.ndarray]) -> tuple[Tensor, dict[str, Tensor]]:
        """uint8 (H, W, 3) and ``boxes``, ``labels`` to uint8 (3, h, w) and boxes in it: clipped, without degenerate ones."""
        height, width = picture.shape[:2]
        wrapped = tv_tensors.BoundingBoxes(  # type: ignore[call-arg]
            torch.from_numpy(np.asarray(boxes["boxes"], dtype=np.float32)).reshape(-1, 4),
            format="XYXY",
            canvas_size=(height, width),
        )
        pair: Boxed = (Image.fromarray(picture), {"boxes": v2.clamp_bounding_boxes(wrapped)})
        for function, values in self.steps:
            pair = function(pair, *values)
        kept = pair[1]["boxes"].as_subclass(Tensor)  # type: ignore[arg-type]
        wide = (kept[:, 2:] - kept[:, :2] > LEAST_SIDE).all(1)
        return _pixels(pair[0]), {"boxes": kept[wide], "labels": torch.from_numpy(np.array(boxes["labels"]))[wide]}


def horizontal_flip(pair: Any, probability: float) -> Any:
    """Both mirrored, with that probability."""
    if float(torch.rand(())) >= probability:
        return pair
    picture, target = pair
    if isinstance(target, Image.Image):
        return v2.horizontal_flip(picture), v2.horizontal_flip(target)
    return v2.horizontal_flip(picture), {**target, "boxes": v2.horizontal_flip(target["boxes"])}


def scale_crop(pair: Pair, values: Mapping[str, Any]) -> Pair:
    """Resize the short side to a drawn length, fill up to the crop's side with black background, cut a drawn square out.

    Parameters
    ----------
    values
        ``short``: least and greatest length of the short side, both included; ``crop``: side of the square.
    """
    least, most = values["short"]
    crop, short = int(values["crop"]), int(torch.randint(int(least), int(most) + 1, ()))
    width, height = pair[0].size
    size = (short, width * short // height) if height <= width else (height * short // width, short)
    pair = _resized(pair, size)
    missing = [0, 0, max(0, crop - size[1]), max(0, crop - size[0])]  # right and below alone
    if any(missing):
        pair = v2.pad(pair[0], missing, fill=0), v2.pad(pair[1], missing, fill=0)  # type: ignore[assignment]
    width, height = pair[0].size
    left, top = (int(torch.randint(0, length - crop + 1, ())) for length in (width, height))
    return v2.crop(pair[0], top, left, crop, crop), v2.crop(pair[1], top, left, crop, crop)  # type: ignore[return-value]


def blur(pair: Pair, probability: float) -> Pair:
    """PIL's Gaussian blur of the picture with a radius from [0, 1), with that probability."""
    if float(torch.rand(())) >= probability:
        return pair
    return pair[0].filter(ImageFilter.GaussianBlur(float(torch.rand(())))), pair[1]


def short_side(pair: Boxed, lengths: Sequence[int], longest: int) -> Boxed:
    """Resize the short side to one of ``lengths``, or less where the long side would pass ``longest``."""
    length = lengths[int(torch.randint(len(lengths), ()))] if len(lengths) > 1 else lengths[0]
    width, height = pair[0].size
    scale = length / min(height, width)
    if max(height, width) * scale > longest:
        scale = longest / max(height, width)
    size = [int(side * scale + 0.5) for side in (height, width)]
    if size == [height, width]:
        return pair
    boxes = v2.resize(pair[1]["boxes"], size)
    return v2.resize(pair[0], size, InterpolationMode.BILINEAR), {**pair[1], "boxes": boxes}  # type: ignore[return-value]


MASK_STEPS: dict[str, Callable[..., Any]] = {"horizontal_flip": horizontal_flip, "scale_crop": scale_crop, "blur": blur}
BOX_STEPS: dict[str, Callable[..., Any]] = {"horizontal_flip": horizontal_flip, "short_side": short_side}


def _steps(augmentation: Sequence[Mapping[str, Any]], known: Mapping[str, Callable[..., Any]], longest: int = 0) -> list[Step]:
    steps: list[Step] = []
    for entry in augmentation:
        ((name, value),) = entry.items()
        if name not in known:
            raise BenchError(f"augmentation '{name}' does not move masks or boxes; {one_of(name, known)}")
        steps.append((known[name], (value, longest) if name == "short_side" else (value,)))
    return steps


def _resized(pair: Pair, size: Sequence[int]) -> Pair:
    """To height and width: bilinear with antialiasing, and PIL's nearest neighbours."""
    picture = v2.resize(pair[0], list(size), InterpolationMode.BILINEAR)
    return picture, v2.resize(pair[1], list(size), InterpolationMode.NEAREST)  # type: ignore[return-value]


def _pixels(picture: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)
