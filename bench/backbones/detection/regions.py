"""The second stage: boxes pooled from the pyramid, scored and moved."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.detection._utils import BalancedPositiveNegativeSampler, BoxCoder, Matcher
from torchvision.ops import batched_nms, clip_boxes_to_image, roi_align

from bench.backbones._network import at_least_fp32
from bench.backbones.detection.matching import Target, absolute_distance, drawn, matched
from bench.backbones.detection.settings import STRIDES, DetectorSettings

SIDE = 7  # cells of a pooled box
CODER = BoxCoder((10.0, 10.0, 5.0, 5.0))


class Regions(nn.Module):
    """Two hidden layers, then K + 1 class scores (background first) and four deltas for each of the K classes.

    Parameters
    ----------
    channels, hidden
        Of the pyramid and of the hidden layers.
    num_classes
        K, without background.
    """

    def __init__(self, channels: int, hidden: int, num_classes: int, settings: DetectorSettings) -> None:
        super().__init__()
        self.settings, self.num_classes = settings, num_classes
        self.fc1, self.fc2 = nn.Linear(channels * SIDE**2, hidden), nn.Linear(hidden, hidden)
        self.scores, self.deltas = nn.Linear(hidden, num_classes + 1), nn.Linear(hidden, 4 * num_classes)
        for layer in (self.fc1, self.fc2):
            nn.init.kaiming_uniform_(layer.weight, a=1)
        nn.init.normal_(self.scores.weight, std=0.01)
        nn.init.normal_(self.deltas.weight, std=0.001)
        for layer in (self.fc1, self.fc2, self.scores, self.deltas):
            nn.init.zeros_(layer.bias)
        self.matcher = Matcher(0.5, 0.5)
        self.sampler = BalancedPositiveNegativeSampler(settings.regions_drawn, settings.positive_regions)

    def forward(self, maps: Sequence[Tensor], boxes: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Class logits (R, K + 1) and deltas (R, 4 K), fp32, of all images' boxes in order.

        Parameters
        ----------
        maps
            p2 to p5 (what follows is not read).
        boxes
            (r_i, 4) per image; constants.
        """
        hidden = pooled(maps, boxes, self.settings.canonical).flatten(1)
        hidden = F.relu(self.fc2(F.relu(self.fc1(hidden))))
        return at_least_fp32(self.scores(hidden)), at_least_fp32(self.deltas(hidden))

    @torch.no_grad()
    def draw(self, proposals: Sequence[Tensor], targets: Sequence[Target]) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
        """Boxes to train on, their classes (0 background) and the target boxes that they stand for, per image.

        The targets' own boxes are among the proposals; a box of no target stands for itself.
        """
        boxes, classes, wanted = [], [], []
        for proposal, target in zip(proposals, targets, strict=True):
            own = target["boxes"].float()
            every = torch.cat([proposal, own])
            matches = matched(self.matcher, target, every)
            _, chosen = drawn(self.sampler, matches)
            every, matches = every[chosen], matches[chosen]
            foreground = matches >= 0
            label, goal = torch.zeros_like(matches), every.clone()
            label[foreground] = target["labels"][matches[foreground]] + 1
            goal[foreground] = own[matches[foreground]]
            boxes.append(every)
            classes.append(label)
            wanted.append(goal)
        return boxes, classes, wanted

    def losses(
        self, logits: Tensor, deltas: Tensor, boxes: Sequence[Tensor], classes: Sequence[Tensor], wanted: Sequence[Tensor]
    ) -> dict[str, Tensor]:
        """Cross entropy and the absolute distance of the true class's deltas, each over the number of boxes."""
        labels, count = torch.cat(list(classes)), max(1, len(logits))
        foreground = labels.nonzero()[:, 0]
        own = deltas.unflatten(1, (self.num_classes, 4))[foreground, labels[foreground] - 1]
        goal = CODER.encode_single(torch.cat(list(wanted))[foreground], torch.cat(list(boxes))[foreground])
        entropy = F.cross_entropy(logits, labels, reduction="sum")
        return {"class": entropy / count, "box": absolute_distance(own, goal) / count}

    @torch.no_grad()
    def detections(
        self, logits: Tensor, deltas: Tensor, boxes: Sequence[Tensor], sizes: Sequence[tuple[int, int]]
    ) -> list[dict[str, Tensor]]:
        """``boxes`` (n, 4), ``scores`` (n,), ``labels`` (n,) of each image, best first."""
        counts = [len(own) for own in boxes]
        shifted = CODER.decode_single(deltas, torch.cat(list(boxes))).unflatten(1, (self.num_classes, 4))
        scores = logits.softmax(1)[:, 1:]
        found = zip(shifted.split(counts), scores.split(counts), sizes, strict=True)
        return [self._best(*image) for image in found]

    def _best(self, boxes: Tensor, scores: Tensor, size: tuple[int, int]) -> dict[str, Tensor]:
        row, label = (scores > self.settings.least_score).nonzero(as_tuple=True)
        chosen, score = clip_boxes_to_image(boxes[row, label], size), scores[row, label]
        kept = batched_nms(chosen, score, label, self.settings.overlap)[: self.settings.detections]
        return {"boxes": chosen[kept], "scores": score[kept], "labels": label[kept]}


def pooled(maps: Sequence[Tensor], boxes: Sequence[Tensor], canonical: float) -> Tensor:
    """Boxes resampled to 7x7 cells, (R, c, 7, 7): aligned, with as many samples a cell as the box has pixels.

    Parameters
    ----------
    maps
        p2 to p5; one more may follow.
    boxes
        (r_i, 4) per image.
    canonical
        As :attr:`DetectorSettings.canonical`.
    """
    every = torch.cat(list(boxes))
    image = torch.cat([torch.full_like(own[:, :1], index) for index, own in enumerate(boxes)])
    numbered, levels = torch.cat([image, every], 1), level_of(every, canonical)
    output = maps[0].new_zeros(len(every), maps[0].shape[1], SIDE, SIDE)
    for level, (item, stride) in enumerate(zip(maps[:4], STRIDES, strict=False), start=2):
        rows = (levels == level).nonzero()[:, 0]
        cells = roi_align(item, numbered[rows].to(item.dtype), SIDE, 1 / stride, sampling_ratio=0, aligned=True)
        output = output.index_put((rows,), cells.to(output.dtype))
    return output


def level_of(boxes: Tensor, canonical: float) -> Tensor:
    """The level 2 to 5 that a box is read from: floor(4 + log2(sqrt(area) / canonical + 1e-8)); int64, (n,)."""
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return (4 + (area.sqrt() / canonical + 1e-8).log2()).floor().clamp(2, 5).long()
