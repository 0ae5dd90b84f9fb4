"""Semantic segmentation by cross entropy alone."""

from __future__ import annotations

from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.methods.shared.pixels import pixel_cross_entropy
from bench.tasks.segmentation import Segmenter


class SegmentationBaseline(Method):
    """Train a segmentation network on the masks alone.

    Paper: Ji et al., Refine Myself by Teaching Myself: Feature Refinement via Self-Knowledge Distillation, CVPR 2021 (the
    baseline of its Table 4).

    Equations: CE(z), mean over the pixels that are not void (255).

    Differences from the authors' code: theirs also computes the self-teacher, whose output nothing reads; 0 in place of NaN
    where a batch has void pixels only.
    """

    label = "Baseline"
    tasks = ("segmentation",)
    student: Segmenter

    def forward(self, batch: Batch, clock: Clock) -> Step:
        logits = self.student(batch.images)
        return Step(logits, batch.labels, {"ce": pixel_cross_entropy(logits, batch.labels)})
