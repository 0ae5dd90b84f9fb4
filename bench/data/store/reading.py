"""From what a family yields to a listing, and to decoded images: the one way for every dataset.

A copy is used as a whole or not at all: every fault that is found is named, and none is repaired by guessing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from errno import EACCES
from pathlib import Path
from typing import Any

import numpy as np

from bench.data.store.chips import to_square
from bench.data.store.contents import looks_like
from bench.data.store.copies import expected_and_found, no_copy
from bench.data.store.datasets import DataError, Decoded, Listing, Sample
from bench.data.store.pictures import read_picture
from bench.data.store.registry import family_of
from bench.data.store.source import Source, opened_source
from bench.data.store.splits import group_number, grouped_split
from bench.data.store.walking import fault_of
from bench.plan import BenchError

AT_ONCE = 16 * 2**20  # bytes of pixels that are resized together
SMALL = 512  # bytes; no photograph is smaller
KEPT = np.empty(0)  # stands for pixels that were taken over
Progress = Callable[[int, int | None], object]  # images read, images in all where that is known


def list_dataset(name: str, options: Mapping[str, Any], data_dir: str | Path) -> Listing:
    """What a copy of a streamed dataset holds.

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
    DataError
        If the copy has faults; all of them are named.
    """
    with opened_source(name, options, data_dir) as source:
        listing = _listing(source, _gathered(source, None))
        sizes = _file_sizes(listing, source)
        source.problems += _gaps(source, listing)
        _stop_on(source)
        return replace(listing, sizes=sizes)


def decode_dataset(
    name: str, size: int, options: Mapping[str, Any], data_dir: str | Path, progress: Progress = lambda done, total: None
) -> Decoded:
    """A dataset decoded to one image size, without the cache; further parameters and errors as :func:`list_dataset`.

    Parameters
    ----------
    size
        Side of the images in pixels; chips are resized bilinearly, each to a square.
    progress
        Gets the number of images read, and of all images where that is known.
    """
    resized = _Resized(size)

    def keep(pixels: np.ndarray, among: int | None = None) -> None:
        resized.add(pixels)
        progress(len(resized.sides), among)

    with opened_source(name, options, data_dir) as source:
        samples = _gathered(source, keep)
        listing = _listing(source, samples)
        if samples[0].pixels is None and not source.files.packed:
            _file_sizes(listing, source)
            _stop_on(source)
        for sample in samples:
            if sample.pixels is None:
                try:
                    keep(_picture(source, sample), len(samples))
                except BenchError as error:
                    source.problems.append(str(error))
        source.problems += _gaps(source, listing)
        _stop_on(source)
    return Decoded(**vars(listing), images=resized.images(), sides=np.array(resized.sides))


def count_notes(found: Mapping[str, int], official: Mapping[str, int]) -> tuple[str, ...]:
    """A line where a copy has another number of images than the set has officially."""
    return tuple(
        f"{found[split]} {split} images, the set has {count}" for split, count in official.items() if found.get(split) != count
    )


def _gathered(source: Source, keep: Callable[[np.ndarray], None] | None) -> list[Sample]:
    """Every sample, its pixels given to ``keep`` and left out of it."""
    samples: list[Sample] = []
    try:
        for sample in family_of(source.name).samples(source):
            if sample.pixels is not None and keep is not None and not source.problems:
                keep(sample.pixels)
            samples.append(sample if sample.pixels is None else sample._replace(pixels=KEPT))
    except BenchError as error:
        line, label = str(error), source.whole.label
        source.problems.append(line if line.startswith(label) else f"{source.files.label}: {line}")
        _stop_on(source)
    if not samples and not source.problems:
        source.problems.append(no_copy(source.whole, source.facts))
    if not samples:
        _stop_on(source)
    return samples


def _listing(source: Source, samples: list[Sample]) -> Listing:
    classes = source.classes or sorted({sample.word for sample in samples})
    label_of = {word: label for label, word in enumerate(classes)}
    labels = np.array([label_of[sample.word] for sample in samples], dtype=np.int64)
    if samples[0].split is None:
        is_test = grouped_split(labels, [sample.group for sample in samples])
    else:
        is_test = np.array([sample.split == "test" for sample in samples])
    counts = {"train": int((~is_test).sum()), "test": int(is_test.sum())}
    listing = Listing(
        classes=tuple(classes),
        paths=tuple(sample.path for sample in samples),
        labels=labels,
        is_test=is_test,
        notes=(*source.notes, *count_notes(counts, source.official)),
        folder=source.files.path / source.files.root if source.files.names else None,
        groups=np.array([group_number(sample.group) for sample in samples], dtype=np.int64),
    )
    source.problems += [*_misfiled(source, samples), *_copied(source, samples)]
    _stop_on(source)
    return listing


def _gaps(source: Source, listing: Listing) -> Iterator[str]:
    """Splits and classes without an image."""
    name = source.name
    for split, counts in listing.counts.items():
        if not any(counts.values()):
            yield f"dataset '{name}': no image for the {split} split; {expected_and_found(source.files, source.facts)}"
        else:
            yield from (
                f"dataset '{name}': no image of class '{word}' for the {split} split" for word, n in counts.items() if not n
            )


def _misfiled(source: Source, samples: list[Sample]) -> Iterator[str]:
    """Pictures that are named and not there, or named twice."""
    known = set(source.files.names)
    before: dict[str, str | None] = {}
    for sample in samples:
        if sample.pixels is not None:
            continue
        if sample.path not in known:
            yield f"{source.files.label}: '{sample.path}' is missing"
        elif sample.path in before:
            where = "twice" if before[sample.path] == sample.split else "in both splits"
            yield f"{source.files.label}: '{sample.path}' is named {where}"
        before[sample.path] = sample.split


def _copied(source: Source, samples: list[Sample]) -> Iterator[str]:
    """Pictures that a file manager copied: beside the other one, called after it ('a - Copy.png'), with the same content."""
    known = {sample.path for sample in samples}
    for path in sorted(known):
        folder, name = (path.rpartition("/")[place] for place in (0, 2))
        stem, dot, ending = name.rpartition(".")
        cuts = [place for place, letter in enumerate(stem) if letter in " ("]
        for word in {part for cut in cuts for part in (stem[:cut].rstrip(" -"), stem[cut + 1 :])}:
            other = f"{folder}/{word}{dot}{ending}".lstrip("/")
            if other != path and other in known and source.files.read(path) == source.files.read(other):
                yield f"{source.files.label}: '{path}' is a copy of '{other}'; remove it"
                break


def _file_sizes(listing: Listing, source: Source) -> np.ndarray:
    """The size of every picture's file in bytes, int64, (N,); nothing is decoded.

    A file that may not be read, is too small for a picture and none, or is in both splits or in two classes is a fault.
    """
    folder, label = os.fspath(listing.folder or ""), source.files.label
    sizes = np.zeros(len(listing.paths), dtype=np.int64)
    training: dict[tuple[int, int], str] = {}
    labelled: dict[tuple[int, int], int] = {}
    for index in np.argsort(listing.is_test, kind="stable"):  # training pictures first
        path = listing.paths[index]
        try:
            state = os.stat(f"{folder}/{path}")  # noqa: PTH116 (of a million files: a Path costs more than the call)
            if not os.access(f"{folder}/{path}", os.R_OK):
                raise PermissionError(EACCES, "")
            found = looks_like(Path(folder, path).read_bytes()) if state.st_size < SMALL else ""
        except OSError as error:
            source.problems.append(str(fault_of(error, f"{label}: '{path}'")))
            continue
        sizes[index], file = state.st_size, (state.st_dev, state.st_ino)
        if found:
            source.fault(f"'{path}' is {found}, not a picture")
        if not listing.is_test[index]:
            training[file] = path
        elif file in training:
            source.fault(f"'{path}' is the same file as '{training[file]}', a training picture")
        other = labelled.setdefault(file, int(index))
        if listing.labels[other] != listing.labels[index] and listing.is_test[other] == listing.is_test[index]:
            source.fault(f"'{path}' is the same file as '{listing.paths[other]}', of another class")
    return sizes


def _picture(source: Source, sample: Sample) -> np.ndarray:
    content = source.files.read(sample.path)
    where = f"{source.files.label}: '{sample.path}'"
    try:
        pixels = read_picture(content, "L" if source.facts["channels"] == 1 else "RGB")
    except BenchError as error:
        raise BenchError(f"{where} is damaged ({error})") from None
    side = source.facts.get("side")
    if side is not None and pixels.shape[:2] != (side, side):
        raise BenchError(f"{where} is {pixels.shape[1]}x{pixels.shape[0]}, expected {side}x{side}")
    return pixels


def _stop_on(source: Source) -> None:
    if source.problems:
        raise DataError(source.problems, source.name)


class _Resized:
    """Images that are resized some at a time: all of them as they were would take gigabytes."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.sides: list[int] = []
        self._waiting: list[np.ndarray] = []
        self._bytes = 0
        self._done: list[np.ndarray] = []

    def add(self, pixels: np.ndarray) -> None:
        self.sides.append(min(pixels.shape[:2]))
        self._waiting.append(pixels)
        self._bytes += pixels.nbytes
        if self._bytes > AT_ONCE:
            self._resize()

    def images(self) -> np.ndarray:
        """All of them, uint8, (N, C, S, S)."""
        self._resize()
        return np.concatenate(self._done)

    def _resize(self) -> None:
        if self._waiting:
            self._done.append(to_square(self._waiting, self.size))
        self._waiting, self._bytes = [], 0
