"""The region proposal network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.detection._utils import BalancedPositiveNegativeSampler, BoxCoder, Matcher
from torchvision.ops import batched_nms, clip_boxes_to_image

from bench.backbones._network import at_least_fp32
from bench.backbones.detection.matching import Target, absolute_distance, drawn, matched
from bench.backbones.detection.settings import RATIOS, DetectorSettings

OVERLAP = 0.7  # of two proposals of a level
CODER = BoxCoder((1.0, 1.0, 1.0, 1.0))

Size = tuple[int, int]


class ProposalNetwork(nn.Module):
    """One head for all levels: 3x3 convolution with ReLU, then objectness and box deltas of three anchors per cell."""

    def __init__(self, channels: int, settings: DetectorSettings) -> None:
        super().__init__()
        self.settings = settings
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.objectness = nn.Conv2d(channels, len(RATIOS), 1)
        self.deltas = nn.Conv2d(channels, 4 * len(RATIOS), 1)
        for layer in (self.conv, self.objectness, self.deltas):
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
        self.matcher = Matcher(0.7, 0.3, allow_low_quality_matches=True)
        self.sampler = BalancedPositiveNegativeSampler(settings.anchors_drawn, settings.positive_anchors)

    def forward(self, maps: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """Per level: objectness logits (B, 3 h w) and deltas (B, 3 h w, 4), fp32, in the anchors' order."""
        objectness, deltas = [], []
        for item in maps:
            hidden = F.relu(self.conv(item))
            objectness.append(at_least_fp32(self.objectness(hidden)).permute(0, 2, 3, 1).flatten(1))
            levels = at_least_fp32(self.deltas(hidden)).unflatten(1, (len(RATIOS), 4))
            deltas.append(levels.permute(0, 3, 4, 1, 2).flatten(1, 3))
        return objectness, deltas

    @torch.no_grad()
    def propose(
        self, anchors: Sequence[Tensor], objectness: Sequence[Tensor], deltas: Sequence[Tensor], sizes: Sequence[Size]
    ) -> list[Tensor]:
        """The best boxes of every image, (n, 4), clipped to it, best first; constants.

        Parameters
        ----------
        anchors
            As of :func:`anchor_grid`.
        objectness, deltas
            As of :meth:`forward`.
        sizes
            Height and width of each image without padding.
        """
        settings = self.settings
        most = settings.proposals_per_level if self.training else settings.proposals_per_level_test
        boxes, scores, levels = [], [], []
        for level, (grid, score, delta) in enumerate(zip(anchors, objectness, deltas, strict=True)):
            best, places = score.topk(min(most, score.shape[1]), dim=1)
            chosen = delta.gather(1, places[..., None].expand(-1, -1, 4))
            boxes.append(CODER.decode_single(chosen.flatten(0, 1), grid[places].flatten(0, 1)).view_as(chosen))
            scores.append(best)
            levels.append(torch.full_like(places[0], level))
        merged, owners = zip(torch.cat(boxes, 1), torch.cat(scores, 1), sizes, strict=True), torch.cat(levels)
        return [self._best(own, score, owners, size) for own, score, size in merged]

    def _best(self, boxes: Tensor, scores: Tensor, levels: Tensor, size: Size) -> Tensor:
        boxes = clip_boxes_to_image(boxes, size)
        wide = (boxes[:, 2:] > boxes[:, :2]).all(1)
        boxes, scores, levels = boxes[wide], scores[wide], levels[wide]
        return boxes[batched_nms(boxes, scores, levels, OVERLAP)[: self.settings.proposals]]

    def losses(
        self, anchors: Sequence[Tensor], objectness: Sequence[Tensor], deltas: Sequence[Tensor], targets: Sequence[Target]
    ) -> dict[str, Tensor]:
        """Binary cross entropy over the drawn anchors and absolute distance over the positives, each by 256 per image."""
        grid, scores, offsets = torch.cat(list(anchors)), torch.cat(list(objectness), 1), torch.cat(list(deltas), 1)
        entropy, distance = [], []
        for target, score, offset in zip(targets, scores, offsets, strict=True):
            matches = matched(self.matcher, target, grid)
            positive, chosen = drawn(self.sampler, matches)
            labels = (matches[chosen] >= 0).to(score.dtype)
            entropy.append(F.binary_cross_entropy_with_logits(score[chosen], labels, reduction="sum"))
            wanted = CODER.encode_single(target["boxes"].float()[matches[positive]], grid[positive])
            distance.append(absolute_distance(offset[positive], wanted))
        share = self.settings.anchors_drawn * len(targets)
        return {"rpn_objectness": torch.stack(entropy).sum() / share, "rpn_box": torch.stack(distance).sum() / share}
