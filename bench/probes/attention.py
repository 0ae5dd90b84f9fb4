"""Where the stages of a classifier and of its self-teacher are active on a few test images."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from bench.data import mix
from bench.methods.shared.attention import attention_vector
from bench.plan.figures import AttentionFigure
from bench.probes.shared.networks import Trained


def probe(figure: AttentionFigure, network: Trained) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Attention maps: the mean square over channels of every stage's feature, scaled to length 1.

    Returns
    -------
    dict
        ``images`` (N, 3, S, S) in [0, 1]; ``classifier_E_B`` (N, h, w) for epoch E and block B (from 1), and ``teacher_E_B``
        where the method has a ``self_teacher``.
    dict
        The ``labels`` of the samples and the number of ``blocks``.
    """
    test = network.dataset.test
    chosen = sample(test.labels.cpu().numpy(), figure.samples, network.run.cell.dataset)
    samples = test.chosen(chosen)
    arrays = {"images": network.pictures(samples).cpu().numpy()}
    blocks = 0
    for epoch in network.epochs:
        method = network.method(epoch)
        images = torch.cat([batch.views[0] for batch in network.batches(samples)])
        _, maps = method.student.features(images)
        rows = {"classifier": maps}
        if hasattr(method, "self_teacher"):
            rows["teacher"] = method.self_teacher(maps)[1]  # type: ignore[operator]
        for row, features in rows.items():
            for block, feature in enumerate(features, start=1):
                shape = (len(feature), *feature.shape[2:])
                arrays[f"{row}_{epoch}_{block}"] = attention_vector(feature).reshape(shape).cpu().numpy()
        blocks = len(maps)
    return arrays, {"labels": samples.labels.tolist(), "blocks": blocks}


def sample(labels: np.ndarray, count: int, name: str) -> np.ndarray:
    """Indices of ``count`` images, each of another class as far as there are classes; fixed for a dataset of that name."""
    draw = np.random.default_rng(mix(0, "attention samples", name))
    classes = draw.permutation(np.unique(labels))
    return np.array([draw.choice(np.flatnonzero(labels == classes[index % len(classes)])) for index in range(count)])
