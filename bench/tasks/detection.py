"""Object detection: boxes with classes.

A training target is, per picture, a mapping with ``boxes`` (n, 4) in pixels of the network's input and ``labels`` (n,). A test
target has the boxes of the original picture instead, with ``areas`` and ``crowd``, its ``image_id``, its ``size`` and
``input_size``, height and width both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from bench.backbones import Network
from bench.backbones.detection.detector import DetectorTaps, FasterRCNN
from bench.backbones.detection.matching import Target
from bench.data import Batch
from bench.data.loading.padded import PaddedImages
from bench.tasks._average_precision import average_precision, coco_results

METRICS = {
    "box_ap": {"label": "AP", "unit": "percent"},
    "box_ap50": {"label": "AP50", "unit": "percent"},
    "box_ap75": {"label": "AP75", "unit": "percent"},
    "box_ap_small": {"label": "APs", "unit": "percent"},
    "box_ap_medium": {"label": "APm", "unit": "percent"},
    "box_ap_large": {"label": "APl", "unit": "percent"},
    "best_box_ap": {"label": "best epoch's AP", "unit": "percent", "best_of": "box_ap"},
}
PIXELS = 64  # a side of a sample's images


class Detector(Network):
    """A network that gives the boxes of pictures."""

    net: FasterRCNN

    def forward(self, images: PaddedImages) -> list[dict[str, Tensor]]:  # type: ignore[override]
        """Per picture ``boxes`` (n, 4), ``scores`` (n,) and ``labels`` (n,), best first, in pixels of the input."""
        return self.net(images.pixels, images.sizes)

    def look(self, images: PaddedImages, targets: Sequence[Target]) -> DetectorTaps:  # type: ignore[override]
        """The detector's own losses and all that distillation reads, of one training pass."""
        return self.net.look(images.pixels, targets, images.sizes)

    def training_pass(self, images: PaddedImages, targets: Sequence[Target]) -> DetectorTaps:
        """:meth:`look`: the second stage trains on fewer boxes than it is tested on."""
        return self.look(images, targets)

    def features(self, images: PaddedImages) -> tuple[list[Tensor], list[Tensor]]:  # type: ignore[override]
        """The body's res2 to res5 and the pyramid's p2 to p6."""
        return self.net.features(images.pixels, images.sizes)

    def score(self, maps: Sequence[Tensor], boxes: Sequence[Tensor]) -> Tensor:
        """Class logits (R, K + 1), background first, of boxes (r_i, 4) per picture on the pyramid's maps."""
        return self.net.regions(maps, boxes)[0]

    def anchors(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Anchors of p2 to p6, (3 h w, 4) each, in the order (y, x, ratio)."""
        return self.net.anchors(maps)

    @property
    def stage_channels(self) -> list[int]:
        """Of res2 to res5."""
        return self.net.body.channels

    @property
    def map_channels(self) -> int:
        """Of every level of the pyramid."""
        return self.net.channels


def network(net: nn.Module, **taps: Any) -> Detector:
    """What methods see of a plain detector."""
    return Detector(net, **taps)


class Precision:
    """The boxes of a test set and those that were found, on the CPU."""

    def __init__(self, classes: int) -> None:
        self.classes = classes
        self.truth: list[Mapping[str, Any]] = []
        self.found: list[dict[str, Any]] = []

    def add(self, prediction: Sequence[Mapping[str, Tensor]], target: Sequence[Mapping[str, Any]]) -> None:
        """Keep detections, scaled to and clipped at the original pictures, and what they are held against."""
        for found, truth in zip(prediction, target, strict=True):
            (height, width), (input_height, input_width) = truth["size"], truth["input_size"]
            boxes = found["boxes"].detach().cpu().double()
            boxes = boxes * torch.tensor([width / input_width, height / input_height] * 2, dtype=torch.float64)
            boxes[:, 0::2].clamp_(0, width)
            boxes[:, 1::2].clamp_(0, height)
            kept = {"image_id": truth["image_id"], "labels": found["labels"].cpu(), "scores": found["scores"].detach().cpu()}
            self.truth.append({key: value.cpu() if isinstance(value, Tensor) else value for key, value in truth.items()})
            self.found.append({**kept, "boxes": boxes})

    def values(self) -> dict[str, float]:
        """COCO's six numbers in percent; NaN where there is no object of that size."""
        return average_precision(self.truth, self.found, self.classes)

    def results(self, categories: Sequence[int] | None = None) -> list[dict[str, Any]]:
        """What was found in COCO's result format; ``categories`` gives each label's own id."""
        return coco_results(self.found, categories)


def scorer(classes: int) -> Precision:
    """A scorer that has seen no picture."""
    return Precision(classes)


def hits(output: Any, target: Any) -> None:
    """None: no picture is right or wrong as a whole."""


def sample(draw: torch.Generator, count: int, classes: int, views: int = 1, pairs: bool = False) -> Batch:
    """A batch of noise, the first picture without boxes, the others with up to three, and the last smaller than the rest."""
    pictures, targets = [], []
    for _ in range(views):
        pixels = torch.randint(256, (count, 3, PIXELS, PIXELS), generator=draw, dtype=torch.uint8)
        sizes = [(PIXELS, PIXELS)] * (count - 1) + [(PIXELS - 10, PIXELS - 20)]
        pixels[-1, :, PIXELS - 10 :] = 0
        pixels[-1, :, :, PIXELS - 20 :] = 0
        pictures.append(PaddedImages(pixels, tuple(sizes)))
        targets.append([_boxes(draw, 0 if index == 0 else 1 + index % 3, classes) for index in range(count)])
    return Batch(tuple(pictures), tuple(targets), torch.arange(count))


def _boxes(draw: torch.Generator, count: int, classes: int) -> dict[str, Tensor]:
    corner, size = (torch.rand(count, 2, generator=draw) for _ in range(2))
    size = 5 * 7**size  # as many small ones as large ones, for every level of a pyramid
    corner = corner * (PIXELS - 24 - size).clamp(min=1)
    return {"boxes": torch.cat([corner, corner + size], 1), "labels": torch.randint(classes, (count,), generator=draw)}
