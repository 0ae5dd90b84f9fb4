"""Streamed sets in the cache: the pictures stay where they are, a text file per side lists them.

``<cache>/<key>/`` holds ``train.txt`` and ``test.txt`` (label and path per line) and the manifest. Its digest is over classes,
paths, sizes in bytes and labels: a picture of another size is noticed, one of another content and the same size is not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bench.data.store.datasets import DataError, Dataset, FileSet, Listing
from bench.data.store.pictures import count_notes
from bench.data.store.registry import family_of
from bench.plan import BenchError
from bench.plan.datakeys import store_key
from bench.plan.files import write_atomically

SIDES = ("train", "test")
MANIFEST = "manifest.json"


def list_dataset(name: str, options: Mapping[str, Any], source: Path) -> Listing:
    """Ask the family of a streamed set for its pictures."""
    found: Listing = family_of(name).listing(name, dict(options), source)
    for side, chosen in (("train", ~found.is_test), ("test", found.is_test)):
        if not chosen.any():
            raise BenchError(f"dataset '{name}': no picture for the {side} side; see python -m bench data check {name}")
    return found


def listed(
    name: str, source: Path, rows: Iterable[tuple[str, str, bool]], official: Mapping[str, int], classes: Sequence[str] = ()
) -> Listing:
    """A listing of (path, class, whether for testing) rows whose files are all there.

    Parameters
    ----------
    official
        How many pictures the sides have; another number is noted.
    classes
        In label order; sorted where not given.

    Raises
    ------
    DataError
        If there is no row, a file is missing or a class unknown; the first few are named.
    """
    rows = list(rows)
    names = tuple(classes) or tuple(sorted({word for _, word, _ in rows}))
    label_of = {word: label for label, word in enumerate(names)}
    problems = [f"{source.name}: '{path}' is missing" for path, _, _ in rows if not (source / path).is_file()]
    problems += [f"{source.name}: '{path}' is of an unknown class '{word}'" for path, word, _ in rows if word not in label_of]
    if not rows:
        problems.append(f"{source.name}: no picture; see docs/data.md for the layout")
    if problems:
        raise DataError(problems, name)
    is_test = np.array([test for _, _, test in rows])
    return Listing(
        paths=tuple(path for path, _, _ in rows),
        labels=np.array([label_of[word] for _, word, _ in rows], dtype=np.int64),
        is_test=is_test,
        classes=names,
        notes=count_notes({"train": int((~is_test).sum()), "test": int(is_test.sum())}, official),
    )


def lines_of(source: Path, file: str, name: str) -> list[str]:
    """The lines of one of a set's own text files.

    Raises
    ------
    DataError
        If it is missing.
    """
    try:
        return (source / file).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        raise DataError([f"{source.name}: '{file}' is missing"], name) from None


def prepare_listing(
    name: str, size: int, options: Mapping[str, Any], facts: Mapping[str, Any], source: Path, folder: Path
) -> dict[str, Any]:
    """Write a set's lists and its manifest; what is there and right is written again, which is quick."""
    found = list_dataset(name, options, source)
    digest = hashlib.sha256(json.dumps(found.classes).encode())
    counts: dict[str, dict[str, int]] = {}
    for side in SIDES:
        places = [index for index in range(len(found.paths)) if bool(found.is_test[index]) == (side == "test")]
        counts[side] = dict.fromkeys(found.classes, 0)
        lines = []
        for index in places:
            path, label = found.paths[index], int(found.labels[index])
            counts[side][found.classes[label]] += 1
            digest.update(f"{side} {path} {(source / path).stat().st_size} {label}\n".encode())
            lines.append(f"{label}\t{path}\n")
        write_atomically(folder / f"{side}.txt", "".join(lines))
    manifest = {
        "name": name,
        "key": store_key(name, size, options),
        "title": facts["title"],
        "stand_in": bool(facts["stand_in"]),
        "licence": facts["licence"],
        "source": facts["source"],
        "loader_version": facts["version"],
        "size": size,
        "channels": facts["channels"],
        "options": dict(options),
        "classes": list(found.classes),
        "counts": counts,
        "notes": ["streamed: the digest covers paths, sizes in bytes and labels, not pixels", *found.notes],
        "digest": digest.hexdigest(),
    }
    write_atomically(folder / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    return manifest


def streamed_dataset(manifest: Mapping[str, Any], folder: Path, source: Path) -> Dataset:
    """The set as its lists say."""
    return Dataset(
        name=manifest["name"],
        classes=tuple(manifest["classes"]),
        stand_in=bool(manifest["stand_in"]),
        train=_side(folder / "train.txt", source),
        test=_side(folder / "test.txt", source),
        digest=manifest["digest"],
    )


def _side(path: Path, source: Path) -> FileSet:
    rows = [line.split("\t", 1) for line in path.read_text(encoding="utf-8").splitlines()]
    return FileSet(source, tuple(name for _, name in rows), torch.tensor([int(label) for label, _ in rows]))
