"""Datasets: one file per family, a cache, batched augmentation, batches.

A family is a file of this folder with a literal ``DATASETS`` (name to facts) and ``samples(source)``, which yields the images
of one copy; what the families share lives in the sub-packages ``store`` and ``loading``.
"""

from bench.data.loading import (
    Batch,
    Batches,
    EvaluationBatches,
    evaluation_batches,
    generator,
    mix,
    scored_batches,
    training_batches,
)
from bench.data.store import (
    Check,
    DataError,
    Dataset,
    Decoded,
    FileSet,
    ImageSet,
    Listing,
    Sample,
    Source,
    check_dataset,
    load_dataset,
    prepare_dataset,
)

__all__ = [
    "Batch", "Batches", "Check", "DataError", "Dataset", "Decoded", "EvaluationBatches", "FileSet", "ImageSet", "Listing",
    "Sample", "Source", "check_dataset", "evaluation_batches", "generator", "load_dataset", "mix",
    "prepare_dataset", "scored_batches", "training_batches",
]  # fmt: skip
