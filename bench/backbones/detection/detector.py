"""Faster R-CNN on a feature pyramid."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torchvision.ops.feature_pyramid_network import FeaturePyramidNetwork, LastLevelMaxPool

from bench.backbones.detection.anchors import anchor_grid
from bench.backbones.detection.bodies import Body
from bench.backbones.detection.matching import Target
from bench.backbones.detection.proposals import ProposalNetwork, Size
from bench.backbones.detection.regions import Regions
from bench.backbones.detection.settings import STRIDES, DetectorSettings

STAGES = ("res2", "res3", "res4", "res5")


@dataclass
class DetectorTaps:
    """What one training pass shows.

    Attributes
    ----------
    losses
        The detector's own four terms, unweighted, fp32.
    stages, maps
        The body's res2 to res5 and the pyramid's p2 to p6, (B, c, h, w).
    boxes
        What the second stage was trained on, (r_i, 4) per image; constants.
    logits
        Its class logits (R, K + 1), background first.
    """

    losses: dict[str, Tensor]
    stages: list[Tensor]
    maps: list[Tensor]
    boxes: list[Tensor]
    logits: Tensor


class FasterRCNN(nn.Module):
    """Body, pyramid, proposals, regions.

    Parameters
    ----------
    channels, hidden
        Of the pyramid and of the second stage's hidden layers.
    num_classes
        K, without background.
    mean, std
        Of the pixels that the body was trained on, 0 to 255, red first: normalisation belongs to the weights, so that student
        and teacher can differ in it.
    frozen
        Parts of the body whose parameters do not train.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        body: Body,
        channels: int,
        hidden: int,
        num_classes: int,
        settings: DetectorSettings,
        mean: Sequence[float],
        std: Sequence[float],
        frozen: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.settings, self.channels = settings, channels
        self.body = body
        self.pyramid = FeaturePyramidNetwork(body.channels, channels, LastLevelMaxPool())
        self.proposals = ProposalNetwork(channels, settings)
        self.regions = Regions(channels, hidden, num_classes, settings)
        self.register_buffer("mean", torch.tensor([float(value) for value in mean]).view(-1, 1, 1))
        self.register_buffer("std", torch.tensor([float(value) for value in std]).view(-1, 1, 1))
        for part in frozen:
            body.get_submodule(part).requires_grad_(False)

    def forward(self, pixels: Tensor, sizes: Sequence[Size] | None = None) -> list[dict[str, Tensor]]:
        """Detections of each image: ``boxes`` (n, 4), ``scores`` (n,), ``labels`` (n,), best first.

        Parameters
        ----------
        pixels
            (B, 3, H, W), 0 to 255, red first, of any type.
        sizes
            Height and width of each image; right of and below it is padding. All of it where not given.
        """
        sizes = sizes or [(pixels.shape[2], pixels.shape[3])] * len(pixels)
        _, maps = self.features(pixels, sizes)
        objectness, shifts = self.proposals(maps)
        boxes = self.proposals.propose(self.anchors(maps), objectness, shifts, sizes)
        logits, deltas = self.regions(maps, boxes)
        return self.regions.detections(logits, deltas, boxes, sizes)

    def look(self, pixels: Tensor, targets: Sequence[Target], sizes: Sequence[Size] | None = None) -> DetectorTaps:
        """Losses and maps of one training pass; ``targets`` per image, anchors and boxes drawn by the global generator."""
        sizes = sizes or [(pixels.shape[2], pixels.shape[3])] * len(pixels)
        stages, maps = self.features(pixels, sizes)
        anchors = self.anchors(maps)
        objectness, deltas = self.proposals(maps)
        losses = self.proposals.losses(anchors, objectness, deltas, targets)
        boxes, classes, wanted = self.regions.draw(self.proposals.propose(anchors, objectness, deltas, sizes), targets)
        logits, moved = self.regions(maps, boxes)
        losses |= self.regions.losses(logits, moved, boxes, classes, wanted)
        return DetectorTaps(losses, stages, maps, boxes, logits)

    def features(self, pixels: Tensor, sizes: Sequence[Size] | None = None) -> tuple[list[Tensor], list[Tensor]]:
        """The body's res2 to res5 and the pyramid's p2 to p6."""
        stages = self.body(self._normalised(pixels, sizes or [(pixels.shape[2], pixels.shape[3])] * len(pixels)))
        maps = self.pyramid(OrderedDict(zip(STAGES, stages, strict=True)))
        return stages, list(maps.values())

    def anchors(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Anchors of p2 to p6, (3 h w, 4) per level."""
        sizes = [self.settings.smallest_anchor * 2**level for level in range(len(STRIDES))]
        return anchor_grid(maps, sizes, STRIDES)

    def _normalised(self, pixels: Tensor, sizes: Sequence[Size]) -> Tensor:
        """Normalised images with zeros for padding."""
        images = (pixels.to(self.mean.dtype) - self.mean) / self.std
        for image, (height, width) in zip(images, sizes, strict=True):
            image[:, height:] = 0
            image[:, :, width:] = 0
        return images.contiguous(memory_format=torch.channels_last)
