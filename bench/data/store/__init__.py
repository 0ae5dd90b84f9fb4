"""Datasets as values, and the cache that they are decoded into once."""

from bench.data.store.cache import load_dataset, prepare_dataset
from bench.data.store.check import check_dataset
from bench.data.store.datasets import Check, DataError, Dataset, Decoded, FileSet, ImageSet, Listing, Sample
from bench.data.store.source import Source

__all__ = [
    "Check", "DataError", "Dataset", "Decoded", "FileSet", "ImageSet", "Listing", "Sample", "Source", "check_dataset",
    "load_dataset", "prepare_dataset",
]  # fmt: skip
