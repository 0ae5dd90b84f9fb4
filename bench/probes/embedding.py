"""Penultimate features of test images in the plane, of a full network and of sub-networks of it."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
import torch

from bench.data import mix
from bench.methods.shared.stochastic_depth import gated, survival_probabilities
from bench.plan.figures import EmbeddingFigure
from bench.probes.shared.networks import Trained

PERPLEXITY = 30.0  # scikit-learn's default; less where there are few points
TRIES = 100


def probe(figure: EmbeddingFigure, network: Trained) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Features before the classifier of the full network as it is deployed, and with some residual blocks left out.

    Returns
    -------
    dict
        ``points`` (E, 1 + students, N, 2) for each epoch; ``labels`` (N,), counted from 0 among the classes shown.
    dict
        The ``classes`` shown, and a string per student in ``masks``: 1 keeps a block, 0 skips it.
    """
    test = network.dataset.test
    classes, chosen = choose(test.labels.cpu().numpy(), figure.classes, figure.images, network.dataset.name)
    images = test.chosen(chosen)
    masks: list[str] = []
    points = []
    for epoch in network.epochs:
        method = network.method(epoch)
        if figure.skipped:
            blocks = len(method.student.residual_blocks())
            kept = getattr(method, "probabilities", survival_probabilities(blocks, 0.5))
            masks = draw_masks(kept, figure.skipped)
        row = []
        for mask in [None, *masks]:
            with gated(method.student, [float(gate) for gate in mask]) if mask else nullcontext():
                found = [method.student.penultimate(batch.views[0])[1] for batch in network.batches(images)]
            row.append(embed(torch.cat(found).double().cpu().numpy()))
        points.append(row)
    labels = np.searchsorted(classes, images.labels.cpu().numpy())
    names = [network.dataset.classes[index] for index in classes]
    return {"points": np.array(points, dtype=np.float32), "labels": labels}, {"classes": names, "masks": masks}


def choose(labels: np.ndarray, classes: int, images: int, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Which classes (sorted) and which images are shown: as many of each class; fixed for a dataset of that name."""
    draw = np.random.default_rng(mix(0, "embedding", name))
    shown = np.sort(draw.permutation(np.unique(labels))[:classes])
    each = max(1, images // len(shown))
    found = [np.flatnonzero(labels == label) for label in shown]
    return shown, np.sort(np.concatenate([draw.permutation(members)[:each] for members in found]))


def draw_masks(kept: list[float], skipped: tuple[int, ...]) -> list[str]:
    """A mask per student, drawn from a fixed seed: a block is skipped the likelier, the smaller its survival probability.

    Parameters
    ----------
    kept
        Survival probability of each block.
    skipped
        How many blocks each student lacks; no two students are the same where there is another choice.
    """
    weights = 1.0 - np.array(kept)
    weights = weights / weights.sum() if weights.sum() > 0 else np.full(len(kept), 1 / len(kept))
    draw = np.random.default_rng(mix(0, "students", len(kept)))
    masks: list[str] = []
    for count in skipped:
        for _ in range(TRIES):
            out = draw.choice(len(kept), size=min(count, int((weights > 0).sum())), replace=False, p=weights)
            mask = "".join("0" if block in out else "1" for block in range(len(kept)))
            if mask not in masks:
                break
        masks.append(mask)
    return masks


def embed(features: np.ndarray) -> np.ndarray:
    """t-SNE of (N, d) to (N, 2), from principal components and a fixed seed; features that do not differ share a point."""
    from sklearn.manifold import TSNE

    if len(features) < 4 or not np.ptp(features, axis=0).any():
        return np.zeros((len(features), 2))
    perplexity = min(PERPLEXITY, (len(features) - 1) / 3)
    return TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(features)
