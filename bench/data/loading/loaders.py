"""From a split to its batches, whether its images lie in memory or in files, with labels, masks or boxes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from bench.data.loading.batches import Batches, EvaluationBatches, evaluation_batches
from bench.data.store.datasets import FileSet, ImageSet
from bench.plan import BenchError

if TYPE_CHECKING:
    from bench.data.loading.dense import DenseBatches, DenseEvaluation
    from bench.data.loading.streaming import StreamedBatches, StreamedEvaluation
    from bench.data.sides import BoxedSide, MaskedSide

    Split = ImageSet | FileSet | MaskedSide | BoxedSide


def training_batches(
    split: Split,
    recipe: Mapping[str, Any],
    *,
    seed: int,
    device: torch.device | str,
    views: int,
    pairs: bool,
    workers: int = 0,
    share: tuple[int, int] = (0, 1),
) -> Batches | StreamedBatches | DenseBatches:
    """The training batches of a run; parameters as for :class:`Batches`.

    ``workers`` and ``share`` matter for what is read picture by picture: images in memory are augmented whole and cut by
    whoever trains.

    Raises
    ------
    BenchError
        If pairs of a class are asked for where pictures have masks or boxes.
    """
    if isinstance(split, ImageSet):
        return Batches(split.images, split.labels, recipe, seed=seed, device=device, views=views, pairs=pairs)
    if isinstance(split, FileSet):
        from bench.data.loading.streaming import StreamedBatches

        return StreamedBatches(split, recipe, seed=seed, device=device, views=views, pairs=pairs, workers=workers, share=share)
    from bench.data.loading.dense import DenseBatches

    if pairs:
        raise BenchError("pictures with masks or boxes have no class of their own, and a method asks for pairs of one class")
    return DenseBatches(split, recipe, seed=seed, device=device, views=views, workers=workers, share=share)


def scored_batches(
    split: Split, recipe: Mapping[str, Any], *, device: torch.device | str, workers: int = 0
) -> EvaluationBatches | StreamedEvaluation | DenseEvaluation:
    """The test images in order."""
    if isinstance(split, ImageSet):
        size = 2048 if torch.device(device).type == "cuda" else 256  # a GPU is idle between small batches
        return evaluation_batches(split.images, split.labels, recipe, device=device, batch_size=size)
    if isinstance(split, FileSet):
        from bench.data.loading.streaming import StreamedEvaluation

        return StreamedEvaluation(split, recipe, device=device, workers=workers)
    from bench.data.loading.dense import DenseEvaluation

    return DenseEvaluation(split, recipe, device=device, workers=workers)
