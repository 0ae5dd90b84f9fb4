"""Numbers of a detector that are no weights."""

from __future__ import annotations

from dataclasses import dataclass

STRIDES = (4, 8, 16, 32, 64)  # of p2 to p6
RATIOS = (0.5, 1.0, 2.0)  # height over width of an anchor


@dataclass(frozen=True)
class DetectorSettings:
    """detectron2's defaults for COCO.

    Attributes
    ----------
    smallest_anchor
        Side of p2's anchors in pixels; every coarser level doubles it.
    canonical
        Side of a box that is read from p4; halved, from p3.
    proposals_per_level, proposals_per_level_test
        Before non-maximum suppression.
    proposals
        After it, over all levels.
    anchors_drawn, regions_drawn
        Per image and step.
    positive_anchors, positive_regions
        Greatest share of these that may be positive.
    least_score, overlap, detections
        At test time: score of a detection, IoU of two of the same class, detections of an image.
    """

    smallest_anchor: float = 32.0
    canonical: float = 224.0
    proposals_per_level: int = 2000
    proposals_per_level_test: int = 1000
    proposals: int = 1000
    anchors_drawn: int = 256
    positive_anchors: float = 0.5
    regions_drawn: int = 512
    positive_regions: float = 0.25
    least_score: float = 0.05
    overlap: float = 0.5
    detections: int = 100
