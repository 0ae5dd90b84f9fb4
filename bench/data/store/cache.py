"""Datasets decoded once into memory-mapped arrays.

``<cache>/<key>/`` holds four arrays, ``manifest.json`` (what they are: facts and digest, the same wherever the same data is
decoded) and ``source.json`` (sizes and times of the files they came from, on this machine). The manifest is written last; what
does not match it is decoded anew. A file lock lets any number of processes ask for the same dataset at once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock

from bench.data.store.datasets import Dataset, Decoded, ImageSet
from bench.data.store.listings import prepare_listing, streamed_dataset
from bench.data.store.registry import family_of, source_folder, source_stamp
from bench.plan import BenchError
from bench.plan.catalogue import dataset_facts
from bench.plan.datakeys import store_key
from bench.plan.files import replacing, write_atomically

ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")
MANIFEST = "manifest.json"
STAMP = "source.json"


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
    folder = _folder(cache_dir, name, size, options)
    with _locked(folder):
        if dataset_facts(name).get("streams"):
            source = _source(name, data_dir)
            manifest = prepare_listing(name, size, options or {}, dataset_facts(name), source, folder)
            return streamed_dataset(manifest, folder, source)
        manifest = _prepare(name, size, dict(options or {}), data_dir, folder, source_required=False)
        arrays = {array: torch.from_numpy(_open(folder, array)) for array in ARRAYS}
    return Dataset(
        name=name,
        classes=tuple(manifest["classes"]),
        stand_in=bool(manifest["stand_in"]),
        train=ImageSet(arrays["train_images"], arrays["train_labels"]),
        test=ImageSet(arrays["test_images"], arrays["test_labels"]),
        digest=manifest["digest"],
    )


def prepare_dataset(
    name: str,
    size: int,
    options: Mapping[str, Any] | None = None,
    data_dir: str | Path = "",
    cache_dir: str | Path = "results/data",
) -> dict[str, Any]:
    """Decode a dataset into the cache unless it is there, intact and as new as its source; parameters as :func:`load_dataset`.

    Returns
    -------
    dict
        The manifest: name, key, classes, counts per split and class, digest, notes...
    """
    folder = _folder(cache_dir, name, size, options)
    with _locked(folder):
        if dataset_facts(name).get("streams"):
            return prepare_listing(name, size, options or {}, dataset_facts(name), _source(name, data_dir), folder)
        return _prepare(name, size, dict(options or {}), data_dir, folder, source_required=True)


def _folder(cache_dir: str | Path, name: str, size: int, options: Mapping[str, Any] | None) -> Path:
    dataset_facts(name)  # a name that is none could be a path to anywhere
    return Path(cache_dir) / store_key(name, size, options)


def decode_dataset(name: str, size: int, options: Mapping[str, Any], data_dir: str | Path) -> Decoded:
    """Decode without the cache."""
    decoded: Decoded = family_of(name).decode(name, size, dict(options), source_folder(name, data_dir))
    return decoded


def digest_of(arrays: Mapping[str, np.ndarray], classes: list[str]) -> str:
    """SHA-256 over pixels, labels, classes and split."""
    digest = hashlib.sha256(json.dumps(classes).encode())
    for name in ARRAYS:
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def split_arrays(decoded: Decoded) -> dict[str, np.ndarray]:
    """The four arrays of the cache."""
    sides = {"train": ~decoded.is_test, "test": decoded.is_test}
    arrays = {}
    for side, chosen in sides.items():
        arrays[f"{side}_images"] = decoded.images[chosen]
        arrays[f"{side}_labels"] = decoded.labels[chosen].astype(np.int64)
    return arrays


def counts_of(arrays: Mapping[str, np.ndarray], classes: list[str]) -> dict[str, dict[str, int]]:
    """Chips per split and class."""
    return {
        side: dict(zip(classes, np.bincount(arrays[f"{side}_labels"], minlength=len(classes)).tolist(), strict=True))
        for side in ("train", "test")
    }


def side_lengths(decoded: Decoded) -> tuple[int, int, int]:
    """Smallest, median and largest side of the chips as distributed, in pixels."""
    sides = decoded.sides
    return int(sides.min()), int(np.median(sides)), int(sides.max())


def _source(name: str, data_dir: str | Path) -> Path:
    source = source_folder(name, data_dir)
    assert source is not None  # generated sets are never streamed
    return source


def _prepare(
    name: str, size: int, options: dict[str, Any], data_dir: str | Path, folder: Path, source_required: bool
) -> dict[str, Any]:
    facts = dataset_facts(name)
    manifest = _intact(folder, facts)
    try:
        source = source_folder(name, data_dir)
    except BenchError:
        if manifest is None or source_required:
            raise
        return manifest
    stamp = source_stamp(source)
    if manifest is not None and _read_json(folder / STAMP) == stamp:
        return manifest
    decoded = family_of(name).decode(name, size, options, source)
    arrays = split_arrays(decoded)
    manifest = _manifest(name, size, options, facts, decoded, arrays)
    _write(folder, arrays, manifest, stamp)
    return manifest


def _manifest(
    name: str, size: int, options: dict[str, Any], facts: dict[str, Any], decoded: Decoded, arrays: dict[str, np.ndarray]
) -> dict[str, Any]:
    classes = list(decoded.classes or facts["classes"])
    counts = counts_of(arrays, classes)
    for side in ("train", "test"):
        if not sum(counts[side].values()):
            raise BenchError(f"dataset '{name}': no chip is left for the {side} side; see python -m bench data check {name}")
    return {
        "name": name,
        "key": store_key(name, size, options),
        "title": facts["title"],
        "stand_in": bool(facts["stand_in"]),
        "licence": facts["licence"],
        "source": facts["source"],
        "loader_version": facts["version"],
        "size": size,
        "channels": int(decoded.images.shape[1]),
        "options": options,
        "classes": classes,
        "counts": counts,
        "sides": list(side_lengths(decoded)),
        "notes": list(decoded.notes),
        "digest": digest_of(arrays, classes),
    }


def _intact(folder: Path, facts: dict[str, Any]) -> dict[str, Any] | None:
    manifest = _read_json(folder / MANIFEST)
    if not isinstance(manifest, dict) or manifest.get("loader_version") != facts["version"]:
        return None
    if facts["classes"] and manifest.get("classes") != list(facts["classes"]):
        return None
    try:
        arrays = {array: _open(folder, array) for array in ARRAYS}
        return manifest if digest_of(arrays, manifest["classes"]) == manifest.get("digest") else None
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


def _write(folder: Path, arrays: dict[str, np.ndarray], manifest: dict[str, Any], stamp: dict[str, list[int]]) -> None:
    (folder / MANIFEST).unlink(missing_ok=True)
    for name in ARRAYS:
        with replacing(folder / f"{name}.npy") as file:
            np.save(file, arrays[name], allow_pickle=False)
    for name, content in ((STAMP, stamp), (MANIFEST, manifest)):
        write_atomically(folder / name, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f".{folder.name}.lock")):
            yield
    except OSError as error:
        raise BenchError(f"data cache '{folder.name}': cannot be read or written ({error.strerror or error})") from None
