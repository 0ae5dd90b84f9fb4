"""Datasets decoded once into memory-mapped arrays, or, where they are streamed, listed once.

``<cache>/<key>/`` holds four arrays (and the training images' groups, where they have any), ``manifest.json`` and
``source.json`` (sizes and times of the files they came from, on this machine); a streamed set's holds ``train.txt`` and
``test.txt`` (label and path per line) and the manifest. The manifest is written last; what does not match it is decoded anew.
A file lock lets any number of processes ask for the same dataset at once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock

from bench.data.store import dense
from bench.data.store.check import opened_pictures
from bench.data.store.datasets import SPLITS, DataError, Dataset, FileSet, ImageSet, Listing
from bench.data.store.manifest import ARRAYS, MANIFEST, digest_of_arrays, digest_of_listing, manifest_of
from bench.data.store.reading import decode_dataset, list_dataset
from bench.data.store.registry import source_folder, source_stamp
from bench.plan import BenchError
from bench.plan.catalogue import dataset_facts
from bench.plan.datakeys import store_key
from bench.plan.files import replacing, write_atomically

STAMP = "source.json"
GROUPS = "train_groups"  # which training images show one ship; of the sets that are split by what they show
Manifest = dict[str, Any]


def load_dataset(
    name: str,
    size: int,
    options: Mapping[str, Any] | None = None,
    data_dir: str | Path = "",
    cache_dir: str | Path = "results/data",
) -> Dataset:
    """A dataset at one image size, from the cache or decoded into it.

    An intact cache is used even where the source files are absent (a cluster's nodes); :func:`prepare_dataset` insists on them.

    Parameters
    ----------
    name
        A key of a family's ``DATASETS``.
    size
        Side of the square images in pixels.
    options
        The family's options; see docs/data.md.
    data_dir
        The folder that holds the datasets' own folders; stand-ins need none.
    cache_dir
        Where decoded data is kept.

    Raises
    ------
    BenchError
        If files are missing or broken, or the cache cannot be written; one line says which and what to do.
    """
    options = dict(options or {})
    with _locked(cache_dir, name, size, options) as folder:
        if "task" in dataset_facts(name):
            manifest, sides = dense.prepared(name, size, options, data_dir, folder)
            return _dataset(manifest, sides.train, sides.test)
        if dataset_facts(name).get("streams"):
            manifest, listing = _listed(name, size, options, data_dir, folder)
            return _dataset(manifest, *(_files(listing, split) for split in SPLITS))
        manifest = _prepared(name, size, options, data_dir, folder, source_required=False)
        arrays = {array: torch.from_numpy(_open(folder, array)) for array in ARRAYS}
        loaded = _dataset(manifest, *(ImageSet(arrays[f"{split}_images"], arrays[f"{split}_labels"]) for split in SPLITS))
        return replace(loaded, groups=_open(folder, GROUPS)) if manifest.get("groups_digest") else loaded


def prepare_dataset(
    name: str,
    size: int,
    options: Mapping[str, Any] | None = None,
    data_dir: str | Path = "",
    cache_dir: str | Path = "results/data",
) -> Manifest:
    """Decode a dataset into the cache unless it is there, intact and as new as its source; parameters as :func:`load_dataset`.

    Returns
    -------
    dict
        The manifest: name, key, classes, counts per split and class, digest, notes...
    """
    options = dict(options or {})
    with _locked(cache_dir, name, size, options) as folder:
        if "task" in dataset_facts(name):
            return dense.prepared(name, size, options, data_dir, folder)[0]
        if dataset_facts(name).get("streams"):
            return _listed(name, size, options, data_dir, folder)[0]
        return _prepared(name, size, options, data_dir, folder, source_required=True)


def _dataset(manifest: Manifest, train: Any, test: Any) -> Dataset:
    classes, stand_in = tuple(manifest["classes"]), bool(manifest["stand_in"])
    return Dataset(manifest["name"], classes, stand_in, train, test, manifest["digest"])


def _listed(name: str, size: int, options: dict[str, Any], data_dir: str | Path, folder: Path) -> tuple[Manifest, Listing]:
    """List a streamed set and write that down; what is there and right is written again, which is quick.

    A picture of every class is opened where the files are other ones than before.
    """
    listing = list_dataset(name, options, data_dir)
    digest = digest_of_listing(listing)
    known = _read_json(folder / MANIFEST)
    if not isinstance(known, dict) or known.get("digest") != digest:
        problems = opened_pictures(listing)[1]
        if problems:
            raise DataError(problems, name)
    manifest = manifest_of(name, size, options, listing, digest)
    for split in SPLITS:
        lines = (f"{listing.labels[index]}\t{listing.paths[index]}\n" for index in np.flatnonzero(listing.chosen(split)))
        write_atomically(folder / f"{split}.txt", "".join(lines))
    write_atomically(folder / MANIFEST, _text(manifest))
    return manifest, listing


def _files(listing: Listing, split: str) -> FileSet:
    assert listing.folder is not None
    places = np.flatnonzero(listing.chosen(split))
    return FileSet(listing.folder, tuple(listing.paths[index] for index in places), torch.from_numpy(listing.labels[places]))


def _prepared(
    name: str, size: int, options: dict[str, Any], data_dir: str | Path, folder: Path, source_required: bool
) -> Manifest:
    manifest = _intact(folder, dataset_facts(name))
    try:
        stamp = source_stamp(source_folder(name, data_dir))
    except BenchError:
        if manifest is None or source_required:
            raise
        return manifest
    if manifest is not None and _read_json(folder / STAMP) == stamp:
        return manifest
    decoded = decode_dataset(name, size, options, data_dir)
    arrays = decoded.arrays
    manifest = manifest_of(name, size, options, decoded, digest_of_arrays(arrays, list(decoded.classes)))
    groups = decoded.training_groups
    if groups is not None:
        arrays[GROUPS], manifest["groups_digest"] = groups, hashlib.sha256(groups.tobytes()).hexdigest()
    (folder / MANIFEST).unlink(missing_ok=True)
    for array, values in arrays.items():
        with replacing(folder / f"{array}.npy") as file:
            np.save(file, values, allow_pickle=False)
    write_atomically(folder / STAMP, _text(stamp))
    write_atomically(folder / MANIFEST, _text(manifest))
    return manifest


def _intact(folder: Path, facts: Mapping[str, Any]) -> Manifest | None:
    manifest = _read_json(folder / MANIFEST)
    if not isinstance(manifest, dict) or manifest.get("loader_version") != facts["version"]:
        return None
    if facts["classes"] and manifest.get("classes") != list(facts["classes"]):
        return None
    try:
        arrays = {array: _open(folder, array) for array in ARRAYS}
        whole = digest_of_arrays(arrays, manifest["classes"]) == manifest.get("digest")
        grouped = manifest.get("groups_digest")
        whole &= not grouped or hashlib.sha256(_open(folder, GROUPS).tobytes()).hexdigest() == grouped
        return manifest if whole else None
    except (OSError, ValueError, EOFError):  # missing, truncated, not an array
        return None


def _open(folder: Path, array: str) -> np.ndarray:
    # Copy-on-write: torch wants writable memory, and the file must never change.
    return np.load(folder / f"{array}.npy", mmap_mode="c", allow_pickle=False)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


@contextmanager
def _locked(cache_dir: str | Path, name: str, size: int, options: Mapping[str, Any]) -> Iterator[Path]:
    """The dataset's folder of the cache, for one process at a time."""
    dataset_facts(name)  # a name that is none could be a path to anywhere
    folder = Path(cache_dir) / store_key(name, size, options)
    lock = FileLock(folder.with_name(f".{folder.name}.lock"))
    try:  # what fails later, while the dataset's own files are read, is no fault of the cache
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError as error:
        raise BenchError(f"data cache '{folder.name}': cannot be read or written ({error.strerror or error})") from None
    try:
        yield folder
    finally:
        lock.release()
