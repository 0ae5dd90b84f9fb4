"""Look at a dataset's files without training anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from bench.data.store.datasets import Check, DataError, Decoded, Listing
from bench.data.store.manifest import digest_of_arrays, digest_of_listing, side_lengths
from bench.data.store.pictures import picture_at
from bench.data.store.reading import Progress, decode_dataset, list_dataset
from bench.plan import BenchError
from bench.plan.catalogue import dataset_facts

COMPARED = 50_000  # pictures of a streamed set up to which those of one size are compared without being asked
CHECK_SIZE = 64  # pixels; the digest that a check shows is that of the dataset decoded to this size


def check_dataset(
    name: str,
    options: Mapping[str, Any] | None = None,
    data_dir: str | Path = "",
    all_files: bool = False,
    progress: Progress = lambda done, total: None,
) -> Check:
    """Read a dataset's files and say what is there; what is wrong becomes ``problems``, not an exception.

    Parameters
    ----------
    name
        A key of a family's ``DATASETS``.
    options
        The family's options; see docs/data.md.
    data_dir
        The folder that holds the datasets' own folders.
    all_files
        Whether to open every picture of a streamed set, too, and not one of every class.
    progress
        Gets the number of images read, and of all images where that is known.

    Raises
    ------
    BenchError
        If there is no dataset of that name.
    """
    facts = dataset_facts(name)
    known = {"name": name, "title": facts["title"], "stand_in": bool(facts["stand_in"])}
    found: Listing
    try:
        if "task" in facts:
            from bench.data.store.dense import check

            return check(name, CHECK_SIZE, options or {}, data_dir, all_files, progress)
        if facts.get("streams"):
            found = list_dataset(name, options or {}, data_dir)
            sides, problems = opened_pictures(found, all_files, progress)
            digest = digest_of_listing(found)
            what = "every picture" if all_files else "one picture of every class"
            notes = (f"streamed: {what} was opened; the digest covers paths, sizes in bytes and labels", *found.notes)
            if all_files or len(found.paths) <= COMPARED:
                notes += tuple(_copied(found))
        else:
            found = decoded = decode_dataset(name, CHECK_SIZE, options or {}, data_dir, progress)
            sides, problems, notes = decoded.sides, [], (*decoded.notes, *_repeated(decoded))
            digest = digest_of_arrays(decoded.arrays, list(decoded.classes))
    except BenchError as error:
        lines = error.problems if isinstance(error, DataError) else (str(error),)
        return Check(**known, classes=tuple(facts["classes"]), problems=lines)
    return Check(
        **known,
        classes=found.classes,
        counts=found.counts,
        sides=side_lengths(sides) if len(sides) else (0, 0, 0),
        digest=digest,
        notes=notes,
        problems=tuple(problems),
    )


def _repeated(decoded: Decoded) -> Iterator[str]:
    """A line where test images are training images, too: in many a set as distributed some are."""
    digests = np.array([blake2b(image.tobytes(), digest_size=16).digest() for image in decoded.images])
    training = set(digests[~decoded.is_test].tolist())
    count = sum(digest in training for digest in digests[decoded.is_test].tolist())
    if count:
        yield f"{count} of {int(decoded.is_test.sum())} test images are training images as well, pixel by pixel"


def _copied(found: Listing) -> Iterator[str]:
    """A line where test pictures are copies of training pictures; only files of one size are read."""
    assert found.folder is not None
    both = set(found.sizes[found.is_test].tolist()) & set(found.sizes[~found.is_test].tolist())
    digests: dict[bool, list[tuple[bytes, str]]] = {False: [], True: []}
    for index in np.flatnonzero(np.isin(found.sizes, list(both))).tolist():
        path = found.paths[index]
        digest = blake2b((found.folder / path).read_bytes(), digest_size=16).digest()
        digests[bool(found.is_test[index])].append((digest, path))
    training = {digest for digest, _ in digests[False]}
    copies = [path for digest, path in digests[True] if digest in training]
    if copies:
        count = f"{len(copies)} of {int(found.is_test.sum())} test pictures are"
        yield f"{count} training pictures as well, byte by byte, '{copies[0]}' the first"


def opened_pictures(
    found: Listing, all_files: bool = False, progress: Progress = lambda done, total: None
) -> tuple[np.ndarray, list[str]]:
    """The shorter sides of the pictures that were opened, and a line for each that is damaged."""
    assert found.folder is not None
    chosen = range(len(found.paths)) if all_files else np.unique(found.labels, return_index=True)[1].tolist()
    sides, problems = [], []
    for done, index in enumerate(chosen, start=1):
        try:
            sides.append(min(picture_at(found.folder, found.paths[index]).shape[:2]))
        except BenchError as error:
            problems.append(str(error))
        progress(done, len(chosen))
    return np.array(sides, dtype=np.int64), problems
