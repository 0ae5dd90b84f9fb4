"""FUSAR-Ship: Gaofen-3 ship chips matched with AIS, read from the folders as distributed.

Hou et al., "FUSAR-Ship: building a high-resolution SAR-AIS matchup dataset of Gaofen-3 for ship detection and recognition",
Science China Information Sciences 63, 2020. Layout and the assumptions behind the seven classes: docs/data.md.
"""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bench.data.store.archives import Container, opened
from bench.data.store.chips import to_square
from bench.data.store.datasets import DataError, Decoded
from bench.data.store.registry import checked_options
from bench.data.store.splits import grouped_split
from bench.data.store.tiff import read_tiff
from bench.plan import BenchError

DATASETS = {
    "fusar": {
        "title": "FUSAR-Ship",
        "classes": ["fishing", "bulk carrier", "container ship", "tanker", "other cargo", "general cargo", "others"],
        "channels": 1,
        "stand_in": False,
        "version": 1,
        "folders": ["fusar", "fusarship", "fusarship10"],
        "licence": "for research, by its authors' terms; not redistributed here",
        "source": "Hou et al., Science China Information Sciences 2020; Gaofen-3",
        "layout": "fusar/<Category>/<Subcategory>/Ship_CxxSyyNzzzz.tiff and fusar/meta.csv, as distributed",
    },
}

# Folder to class, the first that fits: (category, subcategory, class). "*" is any; names are compared without case, spaces
# and plurals.
FOLDERS = (
    ("fishing", "*", "fishing"),
    ("cargo", "bulkcarrier", "bulk carrier"),
    ("cargo", "containership", "container ship"),
    ("cargo", "container", "container ship"),
    ("cargo", "generalcargo", "general cargo"),
    ("cargo", "generalcargoship", "general cargo"),
    ("cargo", "*", "other cargo"),
    ("tanker", "*", "tanker"),
    ("divevessel", "*", "others"),
    ("dredger", "*", "others"),
    ("highspeedcraft", "*", "others"),
    ("lawenforce", "*", "others"),
    ("other", "*", "others"),
    ("passenger", "*", "others"),
    ("porttender", "*", "others"),
    ("reserved", "*", "others"),
    ("sar", "*", "others"),
    ("tug", "*", "others"),
    ("unspecified", "*", "others"),
    ("winginground", "*", "others"),
    ("wingingrnd", "*", "others"),
)

NOT_SHIPS = ("falsealarm", "clutter", "bridge", "coastalland", "island")  # a folder with such a word holds no ships


def decode(name: str, size: int, options: Mapping[str, Any], folder: Path | None) -> Decoded:
    """Chips of the seven classes as uint8 images, split by ship where ``meta.csv`` names it.

    Parameters
    ----------
    size
        Side of the images in pixels; chips are resized bilinearly.
    options
        None exist.
    folder
        The dataset's folder.

    Raises
    ------
    DataError
        If there is no chip, or chips or ``meta.csv`` are damaged; all of them are named.
    """
    assert folder is not None
    checked_options(name, options, {})
    classes = DATASETS[name]["classes"]
    problems: list[str] = []
    with opened(_top(folder), folder.name) as container:
        chips, unknown = _listed(container)
        ships = _ships(container, problems)
        images, labels, groups, sides = [], [], [], []
        for path, word in chips:
            try:
                pixels = _grey(read_tiff(container.read(path), f"{container.label}/{path}"))
            except BenchError as error:
                problems.append(str(error))
                continue
            images.append(to_square([pixels], size)[0])  # one at a time: the chips themselves would take gigabytes
            labels.append(classes.index(word))  # type: ignore[attr-defined]
            groups.append(ships.get(Path(path).stem.lower(), path))
            sides.append(max(pixels.shape))
    if not images and not problems:
        problems.append(
            f"{folder.name}: no chip in a known folder; expected Category/Subcategory/*.tiff, as in Cargo/BulkCarrier/"
        )
    if problems:
        raise DataError(problems, name)
    target = np.array(labels, dtype=np.int64)
    split = grouped_split(target, groups)
    return Decoded(np.stack(images), target, split, np.array(sides), _notes(groups, unknown))


def _notes(groups: list[str], unknown: Counter[str]) -> tuple[str, ...]:
    notes = [f"{len(groups)} chips of {len(set(groups))} ships"]
    unmatched = sum(not group.startswith("mmsi ") for group in groups)
    if unmatched:
        notes.append(f"{unmatched} chips without a ship's number in meta.csv: each counts as a ship of its own in the split")
    notes += [
        f"left out: folder '{path}' ({count} chips) is not a known kind of ship" for path, count in sorted(unknown.items())
    ]
    return tuple(notes)


def class_of(category: str, subcategory: str) -> str | None:
    """The class of a folder; ``None`` where the table does not know it."""
    if any(word in _plain(category + subcategory) for word in NOT_SHIPS):
        return None
    for first, second, word in FOLDERS:
        if _plain(category) == first and second in ("*", _plain(subcategory)):
            return word
    return None


def _plain(word: str) -> str:
    letters = re.sub(r"[^a-z]", "", word.lower())
    return letters[:-1] if letters.endswith("s") and not letters.endswith("ss") else letters


def _top(folder: Path) -> Path:
    """Where the category folders begin: unpacking may have put one folder around them."""
    inner = [entry for entry in folder.iterdir() if entry.is_dir()]
    if len(inner) == 1 and class_of(inner[0].name, "") is None and any(e.is_dir() for e in inner[0].iterdir()):
        return inner[0]
    return folder


def _listed(container: Container) -> tuple[list[tuple[str, str]], Counter[str]]:
    known: list[tuple[str, str]] = []
    unknown: Counter[str] = Counter()
    for path in container.names:
        parts = path.split("/")
        if not re.search(r"\.tiff?$", path, re.IGNORECASE) or len(parts) < 2:
            continue
        word = class_of(parts[0], parts[1] if len(parts) > 2 else "")
        if word is None:
            unknown[os.path.dirname(path)] += 1  # noqa: PTH120 (a name, not a path on disk)
        else:
            known.append((path, word))
    return known, unknown


def _ships(container: Container, problems: list[str]) -> dict[str, str]:
    """Chip name in lower case to ``"mmsi <number>"``."""
    tables = [path for path in container.names if path.lower().endswith("meta.csv")]
    if not tables:
        return {}
    try:
        text = container.read(tables[0]).decode("utf-8-sig", errors="replace")
        rows = csv.DictReader(text.splitlines(), delimiter="\t" if "\t" in text.partition("\n")[0] else ",")
        columns = {str(column).strip().lower(): column for column in rows.fieldnames or ()}
        if not {"id", "mmsi"} <= columns.keys():
            raise BenchError(
                f"{container.label}/{tables[0]}: expected the columns id and mmsi, found {', '.join(columns) or 'none'}"
            )
        return {
            Path(str(row[columns["id"]]).strip()).stem.lower(): f"mmsi {int(row[columns['mmsi']])}"
            for row in rows
            if str(row[columns["mmsi"]]).strip().isdigit() and int(row[columns["mmsi"]]) > 0
        }
    except (BenchError, csv.Error) as error:
        problems.append(str(error))
        return {}


def _grey(chip: np.ndarray) -> np.ndarray:
    """(H, W) in [0, 255]; a file deeper than 8 bits is stretched to its own 99.9th percentile."""
    grey = chip if chip.ndim == 2 else chip[..., 0]
    if grey.dtype == np.uint8:
        return grey
    level = np.abs(grey.astype(np.float32))
    return np.clip(level * (255 / max(float(np.percentile(level, 99.9)), 1e-6)), 0, 255)
