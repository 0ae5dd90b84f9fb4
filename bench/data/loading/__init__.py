"""From images on the device to augmented batches; every draw is a function of (seed, epoch, step)."""

from bench.data.loading.batches import Batch, Batches, EvaluationBatches, evaluation_batches
from bench.data.loading.loaders import scored_batches, training_batches
from bench.data.loading.seeding import generator, mix

__all__ = [
    "Batch", "Batches", "EvaluationBatches", "evaluation_batches", "generator", "mix", "scored_batches", "training_batches",
]  # fmt: skip
