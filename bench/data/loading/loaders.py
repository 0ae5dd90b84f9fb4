"""From a split to its batches, whether its images lie in memory or in files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from bench.data.loading.batches import Batches, EvaluationBatches, evaluation_batches
from bench.data.store.datasets import FileSet, ImageSet

if TYPE_CHECKING:
    from bench.data.loading.streaming import StreamedBatches, StreamedEvaluation


def training_batches(
    split: ImageSet | FileSet,
    recipe: Mapping[str, Any],
    *,
    seed: int,
    device: torch.device | str,
    views: int,
    pairs: bool,
    workers: int = 0,
    share: tuple[int, int] = (0, 1),
) -> Batches | StreamedBatches:
    """The training batches of a run; parameters as for :class:`Batches`.

    ``workers`` and ``share`` matter for streamed sets alone: what lies in memory is augmented whole and cut by whoever trains.
    """
    if isinstance(split, FileSet):
        from bench.data.loading.streaming import StreamedBatches

        return StreamedBatches(split, recipe, seed=seed, device=device, views=views, pairs=pairs, workers=workers, share=share)
    return Batches(split.images, split.labels, recipe, seed=seed, device=device, views=views, pairs=pairs)


def scored_batches(
    split: ImageSet | FileSet, recipe: Mapping[str, Any], *, device: torch.device | str, workers: int = 0
) -> EvaluationBatches | StreamedEvaluation:
    """The test images in order."""
    if isinstance(split, FileSet):
        from bench.data.loading.streaming import StreamedEvaluation

        return StreamedEvaluation(split, recipe, device=device, workers=workers)
    return evaluation_batches(split.images, split.labels, recipe, device=device)
