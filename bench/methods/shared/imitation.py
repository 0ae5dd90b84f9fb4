"""Which cells of a detector's maps are worth imitating: those whose anchors overlap an object (fine-grained imitation)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torchvision.ops import box_iou

from bench.methods.shared.losses import at_least_fp32

SCOPES = ("all_levels", "each_level", "own_level")
FINEST = 56  # side of a box whose own level is the finest, for own_level


def imitation_masks(
    anchors: Sequence[Tensor], shapes: Sequence[Sequence[int]], boxes: Sequence[Tensor], *, factor: float, scope: str
) -> list[Tensor]:
    """Per level a bool mask (B, h, w): the cells of which an anchor overlaps a box by more than its threshold.

    The threshold of a box is ``factor`` times the largest overlap (IoU) that an anchor has with it, those that leave the image
    included; strictly more is asked for.

    Parameters
    ----------
    anchors
        Per level (h w A, 4), in the order (y, x, anchor).
    shapes
        Height and width per level.
    boxes
        (n_i, 4) per image; n_i may be 0.
    scope
        Where the largest overlap is looked for: ``all_levels`` together, ``each_level`` by itself, or the box's ``own_level``,
        which then has all of its cells.
    """
    counts = [len(level) for level in anchors]
    rows = [_covered(torch.cat(list(anchors)), own, counts, factor, scope).split(counts) for own in boxes]
    return [
        torch.stack([row[level].view(int(height), int(width), -1).any(2) for row in rows])
        for level, (height, width) in enumerate(shapes)
    ]


def _covered(anchors: Tensor, boxes: Tensor, counts: Sequence[int], factor: float, scope: str) -> Tensor:
    """bool, (anchors of all levels,)."""
    if len(boxes) == 0:
        return torch.zeros(len(anchors), dtype=torch.bool, device=anchors.device)
    overlap = box_iou(boxes.to(anchors.dtype), anchors)
    if scope == "all_levels":
        return (overlap > factor * overlap.amax(1, keepdim=True)).any(0)
    own = _own_level(boxes, len(counts))
    marks = []
    for level, part in enumerate(overlap.split(list(counts), 1)):
        mark = part > factor * part.amax(1, keepdim=True)
        marks.append(mark & (own == level)[:, None] if scope == "own_level" else mark)
    return torch.cat(marks, 1).any(0)


def _own_level(boxes: Tensor, levels: int) -> Tensor:
    sides = (boxes[:, 2:] - boxes[:, :2] + 1).prod(1).sqrt()
    return (sides / FINEST + 1e-6).log2().floor().clamp(0, levels - 1).long()


def imitation_distance(student: Sequence[Tensor], teacher: Sequence[Tensor], masks: Sequence[Tensor], scope: str) -> Tensor:
    """Squared distance on the masks, summed over channels; the teacher is a constant.

    Divided by twice the number of cells of all images and levels; for ``own_level`` by twice cells times channels, and averaged
    over the levels. 0 where no cell is marked.

    Parameters
    ----------
    student, teacher
        (B, c, h, w) per level.
    masks
        (B, h, w) per level.
    """
    sums, cells = [], []
    for ours, theirs, mask in zip(student, teacher, masks, strict=True):
        squares = (at_least_fp32(theirs.detach()) - at_least_fp32(ours)).square().sum(1)
        sums.append((squares * mask).sum())
        cells.append(mask.sum())
    if scope == "own_level":
        norms = [(2 * ours.shape[1] * count).clamp(min=1) for ours, count in zip(student, cells, strict=True)]
        return torch.stack([total / norm for total, norm in zip(sums, norms, strict=True)]).mean()
    return torch.stack(sums).sum() / (2 * torch.stack(cells).sum()).clamp(min=1)
