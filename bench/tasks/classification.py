"""Classification: one label per image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from bench.backbones import Network
from bench.backbones._anatomy import chain, classifier
from bench.backbones._network import Taps, at_least_fp32
from bench.backbones._taps import recording
from bench.data import Batch
from bench.tasks._confusion import Confusion

METRICS = {
    "accuracy": {"label": "accuracy", "unit": "percent"},
    "balanced_accuracy": {"label": "balanced accuracy", "unit": "percent"},
    "top5_accuracy": {"label": "top-5 accuracy", "unit": "percent"},
    "best_accuracy": {"label": "best epoch's accuracy", "unit": "percent", "best_of": "accuracy"},
    "train_accuracy": {"label": "training accuracy", "unit": "percent", "side": "train"},
    "error": {"label": "error rate", "unit": "percent", "higher_is_better": False, "complement_of": "accuracy"},
    "top5_error": {"label": "top-5 error rate", "unit": "percent", "higher_is_better": False, "complement_of": "top5_accuracy"},
}
PIXELS = 32  # a side of a sample's images


@dataclass(frozen=True)
class ClassifierTaps(Taps):
    """What one forward pass of a classifier shows; ``pooled`` (B, d), fp32, is what enters its last layer."""

    pooled: Tensor


class Classifier(Network):
    """A network that gives logits (B, C) for images (B, 3, H, W)."""

    def penultimate(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B, C) and the pooled feature (B, d) that enters the last layer, both in fp32."""
        with recording(self.net, classifier=classifier(self.net)) as taps:
            logits = self(images)
        return logits, at_least_fp32(taps.pooled)

    def look(self, images: Tensor, before_activation: bool = False) -> ClassifierTaps:
        """Logits, stage features and the pooled feature of one forward pass; see :meth:`Network.look`."""
        with recording(self.net, classifier=classifier(self.net)) as end:
            taps = super().look(images, before_activation)
        return ClassifierTaps(taps.logits, taps.maps, at_least_fp32(end.pooled))

    @property
    def feature_width(self) -> int:
        """Length d of the pooled feature."""
        return classifier(self.net).in_features

    def split(self) -> tuple[nn.Sequential, nn.Sequential]:
        """The network as ``tail(trunk(images))``: all before the last stage, and the last stage with pooling and classifier.

        Both hold the network's own modules, not copies: a method that registers them beside the student saves them twice. The
        tail's logits keep the precision of the pass.

        Raises
        ------
        BenchError
            If the backbone declares fewer than two stages.
        """
        self.need_stages(2)
        links = chain(self.net, self.stages)
        cut = 1 + [path for path, _ in links].index(self.stages[-2])
        return nn.Sequential(*(link for _, link in links[:cut])), nn.Sequential(*(link for _, link in links[cut:]))


def network(net: nn.Module, **taps: Any) -> Classifier:
    """What methods see of a plain classifier."""
    return Classifier(net, **taps)


class Accuracy:
    """Counts of a test set: which class was taken for which, and whether the true one was among the five likeliest."""

    def __init__(self, classes: int) -> None:
        self.confusion = Confusion(classes)
        self.top5: Tensor | int = 0

    def add(self, prediction: Tensor, target: Tensor) -> None:
        """Count logits (B, C) and labels (B,)."""
        self.confusion.add(prediction.argmax(1), target)
        best = prediction.topk(min(5, prediction.shape[1]), dim=1).indices
        self.top5 = self.top5 + (best == target[:, None]).any(1).sum()

    def values(self) -> dict[str, float]:
        """Percent each; ``balanced_accuracy`` is the mean over classes of the share recognised."""
        counts = self.confusion.read()
        return {
            "accuracy": counts.accuracy(),
            "balanced_accuracy": counts.balanced_accuracy(),
            "top5_accuracy": 100.0 * int(self.top5) / int(counts.seen.sum()),
        }


def scorer(classes: int) -> Accuracy:
    """A scorer that has seen no image."""
    return Accuracy(classes)


def hits(output: Tensor, target: Tensor) -> Tensor:
    """bool, (B,): whether the likeliest class of logits (B, C) is the label (B,)."""
    return output.argmax(1) == target


def sample(draw: torch.Generator, count: int, classes: int, views: int = 1, pairs: bool = False) -> Batch:
    """A batch of noise: ``views`` views of ``count`` images, labels, and partners where a method asks for pairs."""
    images = tuple(torch.randn(count, 3, PIXELS, PIXELS, generator=draw) for _ in range(views))
    labels = torch.randint(classes, (count,), generator=draw)
    partners = torch.randn(count, 3, PIXELS, PIXELS, generator=draw) if pairs else None
    return Batch(images, (labels,) * views, torch.arange(count), partners)
