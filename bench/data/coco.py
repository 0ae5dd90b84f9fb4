"""COCO 2017: objects of 80 classes in their surroundings, with boxes.

Lin et al., "Microsoft COCO: common objects in context", ECCV 2014. Category ids run from 1 to 90 with gaps; a label is the rank
of its id. The annotation files are read once into arrays.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.data.boxes import BoxTable
from bench.data.sides import BoxedFiles, TwoSides, there
from bench.data.store.datasets import DataError
from bench.data.store.source import Source
from bench.data.store.walking import fault_of

DATASETS = {
    "coco": {
        "title": "COCO 2017 (detection)",
        "task": "detection",
        "classes": [],  # the categories of its files
        "channels": 3,
        "stand_in": False,
        "streams": True,
        "version": 1,
        "counts": {"train": 118_287, "test": 5_000},
        "folders": ["coco", "coco2017", "mscoco"],
        "root": ["annotations/instances_train2017.json"],
        "options": {"absent": ["refused", "left_out"]},
        "licence": "annotations CC BY 4.0; pictures under their flickr licences; not redistributed here",
        "source": "Lin et al., ECCV 2014",
        "layout": "coco/{annotations/instances_{train,val}2017.json, train2017/*.jpg, val2017/*.jpg}",
    },
}
BLOCKS = ("images", "annotations", "categories")
SHOWN = 5  # faults of a kind that are spelt out


@dataclass(frozen=True)
class Annotations:
    """One annotation file.

    Attributes
    ----------
    files
        Of the pictures, in the order of their ids.
    ids
        int64, (N,), of the pictures.
    sizes
        int64, (N, 2): height and width as the file says.
    categories
        Each label's own id.
    classes
        Names in label order.
    notes
        What a reader of the numbers has to know.
    """

    files: tuple[str, ...]
    ids: np.ndarray
    sizes: np.ndarray
    boxes: BoxTable
    categories: tuple[int, ...]
    classes: tuple[str, ...]
    notes: tuple[str, ...]


def sides(source: Source, size: int) -> TwoSides:
    """Training and validation pictures with their boxes.

    Raises
    ------
    DataError
        If an annotation file has faults, or a picture is missing, unless the options say that such pictures are left out.
    """
    folder = source.files.path / source.files.root
    read = {
        part: read_annotations(folder / "annotations" / f"instances_{part}2017.json", source.name) for part in ("train", "val")
    }
    same_categories(read["train"], read["val"], source.name)
    train, test = (_side(source, folder, part, found) for part, found in read.items())
    return TwoSides(read["train"].classes, train, test)


def _side(source: Source, folder: Path, part: str, found: Annotations) -> BoxedFiles:
    paths = tuple(f"{part}2017/{file}" for file in found.files)
    whole = there(folder, [(path,) for path in paths])
    missing = [path for path, here in zip(paths, whole, strict=True) if not here]
    if missing and source.options["absent"] == "refused":
        raise DataError([f"{source.files.label}: '{path}' is missing" for path in missing], source.name)
    if missing:
        source.notes.append(f"{len(missing)} of {len(paths)} pictures of {part}2017 are not there and left out")
    source.notes += [f"{part}2017: {note}" for note in found.notes]
    side = BoxedFiles(folder, paths, found.ids, found.sizes, found.boxes, found.categories)
    return side.chosen(np.flatnonzero(whole))


def read_annotations(path: Path, name: str = "coco") -> Annotations:
    """Read an instance file; boxes stay as they are written, since they are scored against.

    Raises
    ------
    DataError
        With a line for every fault: not JSON, a block missing or empty, ids that collide, an unknown category or picture, a box
        that is no box or lies outside of its picture.
    """
    content = _parsed(path, name)
    problems: list[str] = []
    for block in BLOCKS:
        if not isinstance(content.get(block), list):
            raise DataError([f"{path.name}: has no block '{block}'"], name)
    if not content["images"] or not content["categories"]:
        raise DataError([f"{path.name}: block '{'categories' if content['images'] else 'images'}' is empty"], name)
    images, annotations, categories = (_entries(content[block], block, path.name, name) for block in BLOCKS)
    for block, entries in zip(BLOCKS, (images, annotations, categories), strict=True):
        problems += _colliding(block, entries, path.name)
    images.sort(key=lambda image: image["id"])
    categories.sort(key=lambda category: category["id"])
    problems += _unreadable_images(images, path.name)
    if problems:
        raise DataError(problems, name)
    table, notes, faults = _table(images, annotations, {category["id"]: label for label, category in enumerate(categories)})
    if faults:
        raise DataError([f"{path.name}: {fault}" for fault in faults], name)
    return Annotations(
        files=tuple(str(image["file_name"]) for image in images),
        ids=np.array([image["id"] for image in images], dtype=np.int64),
        sizes=np.array([[image["height"], image["width"]] for image in images], dtype=np.int64),
        boxes=table,
        categories=tuple(category["id"] for category in categories),
        classes=tuple(str(category.get("name", category["id"])) for category in categories),
        notes=notes,
    )


def same_categories(train: Annotations, test: Annotations, name: str = "coco") -> None:
    """Raise a :class:`DataError` where two files do not have the same categories."""
    if train.categories != test.categories:
        only = sorted(set(train.categories) ^ set(test.categories))
        raise DataError([f"training and validation have other categories: {_some(only)} in one of them alone"], name)


def _parsed(path: Path, name: str) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise DataError([str(fault_of(error, f"{path.parent.name}: '{path.name}'"))], name) from None
    except (ValueError, RecursionError) as error:
        raise DataError([f"{path.name}: is not JSON ({error})"], name) from None
    if not isinstance(content, dict):
        raise DataError([f"{path.name}: holds no blocks; COCO's files have {', '.join(BLOCKS)}"], name)
    return content


def _entries(block: Sequence[Any], title: str, file: str, name: str) -> list[dict[str, Any]]:
    for place, entry in enumerate(block):
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), int):
            raise DataError([f"{file}: entry {place} of '{title}' has no whole number as its id"], name)
    return list(block)


def _colliding(block: str, entries: Sequence[Mapping[str, Any]], file: str) -> list[str]:
    twice = [identity for identity, count in Counter(entry["id"] for entry in entries).items() if count > 1]
    return [f"{file}: {len(twice)} ids of '{block}' stand there more than once ({_some(twice)})"] if twice else []


def _unreadable_images(images: Sequence[Mapping[str, Any]], file: str) -> list[str]:
    wrong = [
        image["id"]
        for image in images
        if not (isinstance(image.get("file_name"), str) and all(_positive(image.get(side)) for side in ("height", "width")))
    ]
    return [f"{file}: {len(wrong)} images lack a file name, height or width ({_some(wrong)})"] if wrong else []


def _positive(value: object) -> bool:
    return isinstance(value, int) and value > 0


def _table(
    images: Sequence[Mapping[str, Any]], annotations: Sequence[Mapping[str, Any]], label_of: Mapping[int, int]
) -> tuple[BoxTable, tuple[str, ...], list[str]]:
    place = {image["id"]: index for index, image in enumerate(images)}
    faults: dict[str, list[int]] = {}
    rows: list[tuple[int, int, list[float], float, bool]] = []
    beyond = 0
    for entry in annotations:
        index, label, box = place.get(entry.get("image_id")), label_of.get(entry.get("category_id")), _box(entry.get("bbox"))  # type: ignore[arg-type]
        if index is None or label is None or box is None:
            kind = "an unknown image" if index is None else "an unknown category" if label is None else "no box of four numbers"
            faults.setdefault(kind, []).append(entry["id"])
            continue
        height, width = images[index]["height"], images[index]["width"]
        if box[0] > width or box[1] > height or box[2] < 0 or box[3] < 0:
            faults.setdefault("a box outside of its picture", []).append(entry["id"])
            continue
        beyond += min(box) < 0 or box[2] > width or box[3] > height
        area = entry.get("area", (box[2] - box[0]) * (box[3] - box[1]))
        if not isinstance(area, int | float) or not 0 <= area < math.inf:
            faults.setdefault("no number for their area", []).append(entry["id"])
            continue
        rows.append((index, label, box, float(area), bool(entry.get("iscrowd", 0))))
    rows.sort(key=lambda row: row[0])  # stable: within a picture the file's order
    lines = [f"{len(ids)} annotations have {kind} ({_some(ids)})" for kind, ids in faults.items()]
    return _arrays(rows, len(images)), _notes(rows, beyond), lines


def _arrays(rows: Sequence[tuple[int, int, list[float], float, bool]], pictures: int) -> BoxTable:
    counts = np.bincount(np.array([row[0] for row in rows], dtype=np.int64), minlength=pictures)
    return BoxTable(
        boxes=np.array([row[2] for row in rows], dtype=np.float64).reshape(-1, 4),
        labels=np.array([row[1] for row in rows], dtype=np.int64),
        areas=np.array([row[3] for row in rows], dtype=np.float64),
        crowd=np.array([row[4] for row in rows], dtype=bool),
        offsets=np.concatenate([[0], counts.cumsum()]).astype(np.int64),
    )


def _box(value: object) -> list[float] | None:
    """(x1, y1, x2, y2) of COCO's (x, y, width, height)."""
    if not isinstance(value, list) or len(value) != 4:
        return None
    if not all(isinstance(part, (int, float)) and math.isfinite(part) for part in value) or value[2] < 0 or value[3] < 0:
        return None
    left, top, width, height = (float(part) for part in value)
    return [left, top, left + width, top + height]


def _notes(rows: Sequence[tuple[int, int, list[float], float, bool]], beyond: int) -> tuple[str, ...]:
    crowd = sum(row[4] for row in rows)
    notes = [f"{crowd} crowd boxes are not trained on; detections on them count neither way"] if crowd else []
    return (*notes, *([f"{beyond} boxes reach out of their picture and are clipped to it for training"] if beyond else []))


def _some(values: Sequence[int]) -> str:
    return ", ".join(map(str, values[:SHOWN])) + (f" and {len(values) - SHOWN} more" if len(values) > SHOWN else "")
