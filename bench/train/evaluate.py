"""Accuracy on the test set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from bench.data import Batch
from bench.methods import Method


@dataclass(frozen=True)
class Score:
    """Percent each; ``balanced_accuracy`` is the mean over classes of the share recognised."""

    accuracy: float
    balanced_accuracy: float
    top5_accuracy: float


@torch.inference_mode()
def evaluate(method: Method, batches: Iterable[Batch], num_classes: int) -> Score:
    """Score what the method deploys, in eval mode. Touches no state of the training."""
    was_training = method.training
    method.eval()
    correct = torch.zeros(num_classes)
    seen = torch.zeros(num_classes)
    top5 = 0
    for batch in batches:
        logits = method.predict(batch.views[0])
        labels = batch.labels
        hit = (logits.argmax(1) == labels).float().cpu()
        correct.index_add_(0, labels.cpu(), hit)
        seen.index_add_(0, labels.cpu(), torch.ones_like(hit))
        top5 += _within_top5(logits, labels)
    method.train(was_training)
    present = seen > 0
    return Score(
        accuracy=100.0 * float(correct.sum() / seen.sum()),
        balanced_accuracy=100.0 * float((correct[present] / seen[present]).mean()),
        top5_accuracy=100.0 * top5 / int(seen.sum()),
    )


def _within_top5(logits: Tensor, labels: Tensor) -> int:
    best = logits.topk(min(5, logits.shape[1]), dim=1).indices
    return int((best == labels[:, None]).any(1).sum())
