"""Sets of pictures with masks or boxes: listed where their files stay, drawn once into the cache where they are generated."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.data.boxes import BoxTable
from bench.data.masks import VOID
from bench.data.sides import BoxedArrays, BoxedFiles, BoxedSide, MaskedArrays, MaskedFiles, MaskedSide, TwoSides, check_sizes
from bench.data.store.datasets import Check, DataError
from bench.data.store.manifest import MANIFEST, STREAMED, side_lengths
from bench.data.store.reading import Progress, count_notes
from bench.data.store.registry import family_of
from bench.data.store.source import opened_source
from bench.plan import BenchError
from bench.plan.catalogue import dataset_facts
from bench.plan.datakeys import store_key
from bench.plan.files import replacing, write_atomically

BOXES = ("boxes", "labels", "areas", "crowd", "offsets")
LOOKED_AT = 40  # pictures of a side that a check opens where it is not to open all
Manifest = dict[str, Any]
Side = MaskedSide | BoxedSide


@dataclass(frozen=True)
class Found:
    """A copy's two sides, and what a reader of the numbers has to know."""

    sides: TwoSides
    notes: tuple[str, ...]

    @property
    def parts(self) -> dict[str, Side]:
        return {"train": self.sides.train, "test": self.sides.test}


def find(name: str, size: int, options: Mapping[str, Any], data_dir: str | Path) -> Found:
    """The two sides of a set, drawn at ``size`` pixels where it is generated.

    Raises
    ------
    DataError
        If the copy has faults, or a side has no picture.
    """
    with opened_source(name, options, data_dir) as source:
        try:
            sides = family_of(name).sides(source, size)
        except DataError:
            raise
        except BenchError as error:
            raise DataError([str(error)], name) from None
        counts = {"train": len(sides.train), "test": len(sides.test)}
        empty = [f"dataset '{name}': no image for the {split} split" for split, count in counts.items() if not count]
        if empty:
            raise DataError(empty, name)
        return Found(sides, (*source.notes, *count_notes(counts, source.official)))


def prepared(name: str, size: int, options: Mapping[str, Any], data_dir: str | Path, folder: Path) -> tuple[Manifest, TwoSides]:
    """A set and its manifest, which is written into ``folder``; generated pictures are read from there if they are intact."""
    streams = dataset_facts(name).get("streams")
    kept = None if streams else _kept(name, folder)
    if kept is not None:
        return kept
    found = find(name, size, options, data_dir)
    if not streams:
        for path, values in _arrays(found).items():
            with replacing(folder / f"{path}.npy") as file:
                np.save(file, values, allow_pickle=False)
    manifest = _manifest(name, size, options, found)
    write_atomically(folder / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    return manifest, found.sides


def check(name: str, size: int, options: Mapping[str, Any], data_dir: str | Path, all_files: bool, progress: Progress) -> Check:
    """What ``data check`` shows of such a set; raises a :class:`DataError` where the copy has faults."""
    facts, found = dataset_facts(name), find(name, size, options, data_dir)
    notes, problems, lengths = list(found.notes), [], []
    counts: dict[str, dict[str, int]] = {}
    for split, side in found.parts.items():
        every = all_files or not facts.get("streams") or len(side) <= LOOKED_AT
        chosen = np.arange(len(side)) if every else np.linspace(0, len(side) - 1, LOOKED_AT).astype(int)
        if not every:
            notes.append(f"{split}: {LOOKED_AT} of {len(side)} pictures were opened; --all-files opens every one")
        looked = _Look(side, found.sides.classes, split)
        for done, index in enumerate(chosen.tolist(), start=1):
            looked.at(index)
            progress(done, len(chosen))
        counts[split] = looked.counts()
        notes += looked.notes()
        problems += looked.problems
        lengths += looked.lengths
    return Check(
        name=name,
        title=facts["title"],
        stand_in=bool(facts["stand_in"]),
        classes=found.sides.classes,
        counts=counts,
        images={split: len(side) for split, side in found.parts.items()},
        counted="boxes" if facts["task"] == "detection" else "pictures with it",
        sides=side_lengths(np.array(lengths)) if lengths else (0, 0, 0),
        digest=_digest(found),
        notes=tuple(notes),
        problems=tuple(problems),
    )


class _Look:
    """Opens pictures of a side and counts what is in them."""

    def __init__(self, side: Side, classes: tuple[str, ...], split: str) -> None:
        self.side, self.classes, self.split = side, classes, split
        self.lengths: list[int] = []
        self.problems: list[str] = []
        self.seen = np.zeros(len(classes), dtype=np.int64)
        self.pixels = self.void = 0

    def at(self, index: int) -> None:
        side = self.side
        try:
            if isinstance(side, MaskedFiles):
                faults = check_sizes(side, [index])
                if faults:
                    self.problems += faults
                    return
            self.lengths.append(min(side.picture(index).shape[:2]))
            if isinstance(side, (MaskedArrays, MaskedFiles)):
                found = np.bincount(side.mask(index).reshape(-1), minlength=VOID + 1)
                self.seen += found[: len(self.classes)] > 0
                self.pixels, self.void = self.pixels + int(found.sum()), self.void + int(found[VOID])
        except BenchError as error:
            self.problems.append(str(error))

    def counts(self) -> dict[str, int]:
        """Per class: boxes to learn from of all pictures, or those of the opened pictures whose mask has it."""
        if isinstance(self.side, (BoxedArrays, BoxedFiles)):
            return dict(zip(self.classes, _boxes_per_class(self.side.table, len(self.classes)), strict=True))
        return dict(zip(self.classes, self.seen.tolist(), strict=True))

    def notes(self) -> Iterator[str]:
        if isinstance(self.side, (BoxedArrays, BoxedFiles)):
            found = self.side.table.counts()
            sizes = ", ".join(f"{found[word]} {word}" for word in ("small", "medium", "large"))
            yield (
                f"{self.split}: boxes {sizes}; {found['crowd']} crowd boxes, {found['degenerate']} degenerate ones, "
                f"{found['pictures_without']} pictures without a box to learn from"
            )
        elif self.pixels:
            yield f"{self.split}: {100 * self.void / self.pixels:.1f} % of the pixels are void"


def _boxes_per_class(table: BoxTable, classes: int) -> list[int]:
    return [int(count) for count in np.bincount(table.labels[table.trained()], minlength=classes)]


def _manifest(name: str, size: int, options: Mapping[str, Any], found: Found) -> Manifest:
    facts = dataset_facts(name)
    return {
        "name": name,
        "key": store_key(name, size, options),
        "title": facts["title"],
        "task": facts["task"],
        "stand_in": bool(facts["stand_in"]),
        "licence": facts["licence"],
        "source": facts["source"],
        "loader_version": facts["version"],
        "size": size,
        "channels": facts["channels"],
        "options": dict(options),
        "classes": list(found.sides.classes),
        "images": {split: len(side) for split, side in found.parts.items()},
        "notes": [*([STREAMED] if facts.get("streams") else []), *found.notes],
        "digest": _digest(found),
    }


def _digest(found: Found) -> str:
    """SHA-256 over classes, splits and boxes, and over pictures and masks: pixels, or of files names and sizes in bytes."""
    digest = hashlib.sha256(json.dumps(found.sides.classes).encode())
    for path, values in _arrays(found).items():
        digest.update(f"{path} {values.dtype.str} {values.shape}".encode())
        digest.update(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
    for split, side in found.parts.items():
        for path in _files(side):
            digest.update(f"{split} {path} {(side.folder / path).stat().st_size}\n".encode())  # type: ignore[union-attr]
    return digest.hexdigest()


def _files(side: Side) -> Iterator[str]:
    if isinstance(side, MaskedFiles):
        yield from (path for pair in side.pairs for path in (pair.picture, pair.mask))
    elif isinstance(side, BoxedFiles):
        yield from side.paths


def _arrays(found: Found) -> dict[str, np.ndarray]:
    """What is held in memory, by the name that the cache gives it."""
    arrays: dict[str, np.ndarray] = {}
    for split, side in found.parts.items():
        if isinstance(side, (MaskedArrays, BoxedArrays)):
            arrays[f"{split}_images"] = side.images
        if isinstance(side, MaskedArrays):
            arrays[f"{split}_masks"] = side.masks
        if isinstance(side, (BoxedArrays, BoxedFiles)):
            arrays |= {f"{split}_{part}": getattr(side.table, part) for part in BOXES}
        if isinstance(side, BoxedFiles):
            arrays |= {f"{split}_ids": side.ids, f"{split}_sizes": side.sizes}
    return arrays


def _kept(name: str, folder: Path) -> tuple[Manifest, TwoSides] | None:
    """A generated set from the cache; ``None`` where it is not there as it should be."""
    facts = dataset_facts(name)
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        sides = TwoSides(tuple(facts["classes"]), *(_read(folder, split, facts["task"]) for split in ("train", "test")))
        same = manifest["loader_version"] == facts["version"] and manifest["digest"] == _digest(Found(sides, ()))
    except (OSError, ValueError, EOFError, KeyError, TypeError):  # missing, truncated, not what it should be
        return None
    return (manifest, sides) if same else None


def _read(folder: Path, split: str, task: str) -> Side:
    def array(part: str) -> np.ndarray:
        return np.load(folder / f"{split}_{part}.npy", mmap_mode="c", allow_pickle=False)

    if task == "segmentation":
        return MaskedArrays(array("images"), array("masks"))
    return BoxedArrays(array("images"), BoxTable(*(np.array(array(part)) for part in BOXES)))
