"""Semantic segmentation: a class per pixel, 255 where none counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bench.backbones import Network
from bench.backbones._network import at_least_fp32
from bench.backbones.efficientdet import EfficientDet, Pyramid
from bench.data import Batch
from bench.tasks._confusion import Confusion

METRICS = {
    "miou": {"label": "mean intersection over union", "unit": "percent"},
    "pixel_accuracy": {"label": "pixel accuracy", "unit": "percent"},
    "best_miou": {"label": "best epoch's mean intersection over union", "unit": "percent", "best_of": "miou"},
    "train_pixel_accuracy": {"label": "training pixel accuracy", "unit": "percent", "side": "train"},
}
VOID = 255
PIXELS = 64  # a side of a sample's images: the coarsest level is then one cell


class Segmenter(Network):
    """A network that gives logits (B, C, H, W) for images (B, 3, H, W)."""

    net: EfficientDet

    def pyramid(self, images: Tensor) -> Pyramid:
        """Logits in fp32 and the levels of the network's pyramid, in one forward pass."""
        taps = self.net.look(images)
        return taps._replace(logits=at_least_fp32(taps.logits))


def network(net: nn.Module, **taps: Any) -> Segmenter:
    """What methods see of a plain segmentation network."""
    return Segmenter(net, **taps)


class Overlap:
    """Counts of a test set: which class a pixel has, which it was taken for."""

    def __init__(self, classes: int) -> None:
        self.classes = classes
        self.confusion = Confusion(classes + 1)  # the last is void, which nothing is taken for

    def add(self, prediction: Tensor, target: Tensor | Sequence[Tensor]) -> None:
        """Count logits (B, C, H, W) against masks (B, h, w), or one by one against masks of the pictures' own sizes.

        Logits of another size than the mask are resized to it, bilinear.
        """
        pairs = [(prediction, target)] if isinstance(target, Tensor) else zip(prediction.split(1), target, strict=True)
        for logits, mask in pairs:
            if logits.shape[2:] != mask.shape[-2:]:
                logits = F.interpolate(logits, mask.shape[-2:], mode="bilinear", align_corners=False)
            self._count(logits.argmax(1), mask)

    def _count(self, predicted: Tensor, mask: Tensor) -> None:
        self.confusion.add(predicted, mask.long().clamp(max=self.classes))

    def intersection_over_union(self) -> Tensor:
        """(C,), float64, 0 to 1; NaN for a class that is neither there nor predicted."""
        counts = self.confusion.counts[: self.classes, : self.classes].double()
        shared = counts.diagonal()
        return shared / (counts.sum(0) + counts.sum(1) - shared)

    def values(self) -> dict[str, float]:
        """Percent each; a class that is neither there nor predicted has no part in the mean."""
        counts = self.confusion.counts[: self.classes, : self.classes].double()
        return {
            "miou": 100.0 * float(self.intersection_over_union().nanmean()),
            "pixel_accuracy": 100.0 * float(counts.diagonal().sum() / counts.sum()),
        }


def scorer(classes: int) -> Overlap:
    """A scorer that has seen no picture."""
    return Overlap(classes)


def hits(output: Tensor, target: Tensor) -> Tensor:
    """bool: whether the likeliest class of logits (B, C, H, W) is the mask's (B, H, W), for every pixel that is not void."""
    return (output.argmax(1) == target)[target != VOID]


def sample(draw: torch.Generator, count: int, classes: int, views: int = 1, pairs: bool = False) -> Batch:
    """A batch of noise with masks that have a stripe of void; every view has a mask of its own."""
    images = tuple(torch.randn(count, 3, PIXELS, PIXELS, generator=draw) for _ in range(views))
    masks = []
    for _ in range(views):
        mask = torch.randint(classes, (count, PIXELS, PIXELS), generator=draw, dtype=torch.uint8)
        mask[:, :, :3] = VOID
        masks.append(mask)
    partners = torch.randn(count, 3, PIXELS, PIXELS, generator=draw) if pairs else None
    return Batch(images, tuple(masks), torch.arange(count), partners)
