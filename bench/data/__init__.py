"""Datasets: one file per family, a cache, batched augmentation, batches.

A family is a file of this folder with a literal ``DATASETS`` (name to facts) and ``decode(name, size, options, folder)``; what
the families share lives in the sub-packages ``store`` and ``loading``.
"""

from bench.data.loading import Batch, Batches, EvaluationBatches, evaluation_batches, generator, mix
from bench.data.store import (
    Check,
    DataError,
    Dataset,
    Decoded,
    ImageSet,
    check_dataset,
    load_dataset,
    prepare_dataset,
)

__all__ = [
    "Batch", "Batches", "Check", "DataError", "Dataset", "Decoded", "EvaluationBatches", "ImageSet", "check_dataset",
    "evaluation_batches", "generator", "load_dataset", "mix", "prepare_dataset",
]  # fmt: skip
