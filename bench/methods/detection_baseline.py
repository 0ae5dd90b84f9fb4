"""Object detection by the detector's own losses alone."""

from __future__ import annotations

from bench.data import Batch
from bench.methods._method import Clock, Method, Step
from bench.tasks.detection import Detector


class DetectionBaseline(Method):
    """Train a detector on the boxes alone.

    Paper: Chen et al., Distilling Knowledge via Knowledge Review, CVPR 2021, supplement (its students' baseline); Ren et al.,
    Faster R-CNN, NeurIPS 2015; Lin et al., Feature Pyramid Networks, CVPR 2017.

    Equations: BCE(objectness) + L1(anchors) over 256 drawn anchors an image + CE(class) + L1(box) over 512 drawn boxes.

    Differences from the authors' code: none known; detectron2's configuration is restated, not its code.
    """

    label = "Baseline"
    tasks = ("detection",)
    student: Detector

    def forward(self, batch: Batch, clock: Clock) -> Step:
        taps = self.student.look(batch.images, batch.labels)
        return Step(taps.logits, batch.labels, taps.losses)
