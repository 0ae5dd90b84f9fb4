"""Detectors and targets small enough for a second on one core."""

import torch

from bench.backbones._registry import FACTS
from bench.backbones.fasterrcnn import BACKBONES, build
from bench.data import Batch
from bench.data.loading.padded import PaddedImages
from bench.tasks.detection import network

CLASSES = 5
SMALL = {
    "width": 0.125, "norm": "batch", "frozen": [], "pyramid_width": 16, "hidden": 32, "smallest_anchor": 4.0, "canonical": 18.0,
    "proposals_per_level": 50, "proposals_per_level_test": 25, "proposals": 40, "regions_drawn": 16, "anchors_drawn": 32,
}  # fmt: skip


def detector(name="fasterrcnn_resnet18_fpn", classes=CLASSES, seed=0, **options):
    """A plain detector in training mode; ``options`` over those of small networks."""
    torch.manual_seed(seed)
    facts = {key: value for key, value in BACKBONES[name].items() if key not in FACTS}
    return build(classes, **{**facts, **SMALL, **options})


def pixels(seed=0, count=3, side=64):
    draw = torch.Generator().manual_seed(seed)
    return torch.randint(256, (count, 3, side, side), generator=draw, dtype=torch.uint8)


def target(*boxes, labels=None):
    """Boxes (x1, y1, x2, y2); their labels count up where not given."""
    corners = torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4)
    return {"boxes": corners, "labels": torch.tensor(labels or range(len(boxes)), dtype=torch.int64) % CLASSES}


TARGETS = [target((4, 5, 20, 30), (30, 30, 60, 50)), target(), target((10, 10, 50, 60))]


def wrapped(name="fasterrcnn_resnet18_fpn", **options):
    """The same as methods see it."""
    return network(detector(name, **options))


def boxed_batch(targets=TARGETS, seed=0):
    """A batch of noise with these targets."""
    images = PaddedImages(pixels(seed, len(targets)), ((64, 64),) * len(targets))
    return Batch((images,), (list(targets),), torch.arange(len(targets)))
