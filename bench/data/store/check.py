"""Look at a dataset's files without training anything."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bench.data.store.cache import counts_of, decode_dataset, digest_of, side_lengths, split_arrays
from bench.data.store.datasets import Check, DataError
from bench.data.store.listings import list_dataset
from bench.data.store.pictures import read_picture
from bench.data.store.registry import source_folder
from bench.plan import BenchError
from bench.plan.catalogue import dataset_facts

CHECK_SIZE = 64  # pixels; the digest that a check shows is that of the dataset decoded to this size


def check_dataset(name: str, options: Mapping[str, Any] | None = None, data_dir: str | Path = "") -> Check:
    """Decode every file of a dataset and say what is there; what is wrong becomes ``problems``, not an exception.

    Parameters
    ----------
    name
        A key of a family's ``DATASETS``.
    options
        The family's options; see docs/data.md.
    data_dir
        The folder that holds the datasets' own folders.

    Raises
    ------
    BenchError
        If there is no dataset of that name.
    """
    facts = dataset_facts(name)
    classes = list(facts["classes"])
    known = {"name": name, "title": facts["title"], "stand_in": bool(facts["stand_in"]), "classes": tuple(classes)}
    if facts.get("streams"):
        return _check_listing(name, options or {}, data_dir, known)
    try:
        decoded = decode_dataset(name, CHECK_SIZE, options or {}, data_dir)
    except DataError as error:
        return Check(**known, problems=error.problems)
    except BenchError as error:
        return Check(**known, problems=(str(error),))
    arrays = split_arrays(decoded)
    classes = list(decoded.classes or classes)
    known["classes"] = tuple(classes)
    counts = counts_of(arrays, classes)
    problems = tuple(
        f"dataset '{name}': no chip of class '{word}' for the {side} side"
        for side in counts
        for word in classes
        if not counts[side][word]
    )
    return Check(
        **known,
        counts=counts,
        sides=side_lengths(decoded),
        digest=digest_of(arrays, classes),
        notes=decoded.notes,
        problems=problems,
    )


def _check_listing(name: str, options: Mapping[str, Any], data_dir: str | Path, known: dict[str, Any]) -> Check:
    """Of a streamed set the lists are checked and a picture of every class is opened, not every file."""
    try:
        source = source_folder(name, data_dir)
        assert source is not None
        found = list_dataset(name, options, source)
    except DataError as error:
        return Check(**known, problems=error.problems)
    except BenchError as error:
        return Check(**known, problems=(str(error),))
    counts = {
        side: dict(zip(found.classes, np.bincount(found.labels[chosen], minlength=len(found.classes)).tolist(), strict=True))
        for side, chosen in (("train", ~found.is_test), ("test", found.is_test))
    }
    sides, problems = [], []
    for index in np.unique(found.labels, return_index=True)[1]:
        try:
            sides.append(min(read_picture((source / found.paths[index]).read_bytes()).shape[:2]))
        except (BenchError, OSError) as error:
            problems.append(f"'{found.paths[index]}' is damaged ({error})")
    lengths = (int(min(sides)), int(np.median(sides)), int(max(sides))) if sides else (0, 0, 0)
    known = {**known, "classes": found.classes}
    notes = ("streamed: one picture of every class was opened", *found.notes)
    return Check(**known, counts=counts, sides=lengths, notes=notes, problems=tuple(problems))
