"""How sure a network is of each training image, and which class comes second."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from bench.plan.figures import ScoresFigure
from bench.probes.shared.networks import Trained


def probe(figure: ScoresFigure, network: Trained) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Means over the training set, seen without augmentation.

    Returns
    -------
    dict
        ``sorted`` (C,): the mean over images of the k-th largest softmax score, k = 1...C, in percent. ``second`` (C, C), only
        of the figure's ``matrix``: how many images of class i have class j second.
    dict
        ``train_accuracy`` in percent and the number of ``images``.
    """
    classes = network.dataset.num_classes
    method = network.method(network.epochs[-1])
    total = torch.zeros(classes, dtype=torch.float64)
    second = torch.zeros(classes * classes, dtype=torch.int64)
    correct = 0
    for batch in network.batches(network.dataset.train):
        scores, order = method.predict(batch.views[0]).double().softmax(1).sort(dim=1, descending=True, stable=True)
        labels = batch.labels
        total += scores.sum(0).cpu()
        second += torch.bincount((labels * classes + order[:, 1]).cpu(), minlength=classes * classes)
        correct += int((order[:, 0] == labels).sum())
    images = len(network.dataset.train)
    arrays = {"sorted": (100.0 * total / images).numpy()}
    if network.run.cell.dataset == figure.matrix:
        arrays["second"] = second.reshape(classes, classes).numpy()
    return arrays, {"train_accuracy": 100.0 * correct / images, "images": images}
