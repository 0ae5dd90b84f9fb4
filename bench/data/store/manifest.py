"""What the cache says of a dataset: what it is and holds, the same wherever it is decoded; neither where nor when."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from bench.data.store.datasets import SPLITS, Decoded, Listing
from bench.plan.catalogue import dataset_facts
from bench.plan.datakeys import store_key

MANIFEST = "manifest.json"
ARRAYS = tuple(f"{split}_{part}" for split in SPLITS for part in ("images", "labels"))
STREAMED = "streamed: the digest covers paths, sizes in bytes and labels, not pixels"


def manifest_of(name: str, size: int, options: Mapping[str, Any], found: Listing, digest: str) -> dict[str, Any]:
    """The manifest of a listing, or of a decoded dataset."""
    facts = dataset_facts(name)
    decoded = isinstance(found, Decoded)
    return {
        "name": name,
        "key": store_key(name, size, options),
        "title": facts["title"],
        "stand_in": bool(facts["stand_in"]),
        "licence": facts["licence"],
        "source": facts["source"],
        "loader_version": facts["version"],
        "size": size,
        "channels": int(found.images.shape[1]) if isinstance(found, Decoded) else facts["channels"],
        "options": dict(options),
        "classes": list(found.classes),
        "counts": found.counts,
        **({"sides": list(side_lengths(found.sides))} if isinstance(found, Decoded) else {}),
        "notes": [*(() if decoded else (STREAMED,)), *found.notes],
        "digest": digest,
    }


def digest_of_arrays(arrays: Mapping[str, np.ndarray], classes: list[str]) -> str:
    """SHA-256 over pixels, labels, classes and split."""
    digest = hashlib.sha256(json.dumps(classes).encode())
    for name in ARRAYS:
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def digest_of_listing(found: Listing) -> str:
    """SHA-256 over classes, splits, paths, sizes in bytes and labels; the pictures themselves are not read."""
    digest = hashlib.sha256(json.dumps(found.classes).encode())
    for split in SPLITS:
        for index in np.flatnonzero(found.chosen(split)):
            digest.update(f"{split} {found.paths[index]} {found.sizes[index]} {found.labels[index]}\n".encode())
    return digest.hexdigest()


def side_lengths(sides: np.ndarray) -> tuple[int, int, int]:
    """Smallest, median and largest side, in pixels."""
    return int(sides.min()), int(np.median(sides)), int(sides.max())
