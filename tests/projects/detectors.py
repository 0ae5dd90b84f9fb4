"""Detectors and targets small enough for a second on one core."""

import re

import numpy as np
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


def zoo(net):
    """A detector's weights under detectron2's names, as numpy arrays, blue first and background last."""
    arrays = {}
    for name, value in net.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        if name in ("mean", "std"):
            arrays[f"pixel_{name}"] = value.flip(0).numpy().copy()
            continue
        theirs = re.sub(r"^body\.stem\.conv1\.", "backbone.bottom_up.stem.conv1.", name)
        theirs = re.sub(r"^body\.stem\.bn1\.", "backbone.bottom_up.stem.conv1.norm.", theirs)
        theirs = re.sub(r"^body\.(res\d\.\d+)\.bn(\d)\.", r"backbone.bottom_up.\1.conv\2.norm.", theirs)
        theirs = re.sub(r"^body\.(res\d\.\d+)\.downsample\.0\.", r"backbone.bottom_up.\1.shortcut.", theirs)
        theirs = re.sub(r"^body\.(res\d\.\d+)\.downsample\.1\.", r"backbone.bottom_up.\1.shortcut.norm.", theirs)
        theirs = re.sub(r"^body\.", "backbone.bottom_up.", theirs)
        for ours, kind in (("inner", "lateral"), ("layer", "output")):
            match = re.match(rf"pyramid\.{ours}_blocks\.(\d)\.0\.(.*)", theirs)
            theirs = f"backbone.fpn_{kind}{int(match[1]) + 2}.{match[2]}" if match else theirs
        for ours, kind in (("conv", "conv"), ("objectness", "objectness_logits"), ("deltas", "anchor_deltas")):
            theirs = theirs.replace(f"proposals.{ours}.", f"proposal_generator.rpn_head.{kind}.")
        theirs = re.sub(r"^regions\.(fc\d)", r"roi_heads.box_head.\1", theirs)
        theirs = theirs.replace("regions.scores", "roi_heads.box_predictor.cls_score")
        theirs = theirs.replace("regions.deltas", "roi_heads.box_predictor.bbox_pred")
        if theirs.endswith("stem.conv1.weight"):
            value = value.flip(1)
        if "cls_score" in theirs:
            value = value.roll(-1, 0)
        arrays[theirs] = value.numpy().copy()
    arrays["proposal_generator.anchor_generator.cell_anchors.0"] = np.zeros((3, 4), dtype=np.float32)
    return arrays
