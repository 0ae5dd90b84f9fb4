"""FUSAR-Ship: Gaofen-3 ship chips matched with AIS, read from the folders as distributed.

Hou et al., "FUSAR-Ship: building a high-resolution SAR-AIS matchup dataset of Gaofen-3 for ship detection and recognition",
Science China Information Sciences 63, 2020. Layout and the assumptions behind the seven classes: docs/data.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import numpy as np

from bench.data.store.datasets import Sample
from bench.data.store.pictures import ENDINGS, UNREAD, stem
from bench.data.store.source import Source
from bench.data.store.splits import ship_group
from bench.data.store.texts import table_rows
from bench.data.store.tiff import read_tiff, varied
from bench.plan import BenchError

DATASETS = {
    "fusar": {
        "title": "FUSAR-Ship",
        "classes": ["fishing", "bulk carrier", "container ship", "tanker", "other cargo", "general cargo", "others"],
        "channels": 1,
        "stand_in": False,
        "version": 3,
        "folders": ["fusar", "fusarship", "fusarship10"],
        "root": ["Cargo/", "Tanker/", "Fishing/", "Passenger/", "Other/", "Unspecified/", "Tug/", "Dredger/", "Reserved/"],
        "licence": "for research, by its authors' terms; not redistributed here",
        "source": "Hou et al., Science China Information Sciences 2020; Gaofen-3",
        "layout": "fusar/<Category>/<Subcategory>/Ship_CxxSyyNzzzz.tiff and fusar/meta.csv, as distributed, or their archive",
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

CHIPS = (".tif", ".tiff")
OTHER_TABLE = re.compile(r".*meta.*\.(csv|tsv|txt|xlsx?|ods)")  # a table of ships that is called or saved otherwise
NOT_SHIPS = ("falsealarm", "clutter", "bridge", "coastalland", "island")  # a folder with such a word holds no ships


def samples(source: Source) -> Iterator[Sample]:
    """Chips of the seven classes, split by ship where ``meta.csv`` names it."""
    chips, unknown = _listed(source)
    try:
        ships = _ships(source)
    except BenchError as error:
        ships = None
        source.problems.append(str(error))
    groups: list[str] = []
    unlisted: list[str] = []
    for path, word in chips:
        name = stem(path).lower()
        if ships is not None and name not in ships:
            unlisted.append(path)
        groups.append((ships or {}).get(name) or path)
        try:
            where = f"{source.files.label}/{path}"
            yield Sample(word, None, path, _grey(read_tiff(source.files.read(path), where), where), groups[-1])
        except BenchError as error:
            source.problems.append(str(error))
    if not chips:
        raise BenchError(
            f"{source.files.label}: no chip in a known folder; expected Category/Subcategory/*.tiff, as in Cargo/BulkCarrier/"
        )
    if unlisted:
        source.fault(
            f"{len(unlisted)} chips have no line in meta.csv, '{unlisted[0]}' the first; take the whole table, or move it "
            f"away: then every chip counts as a ship of its own"
        )
    source.notes += _notes(groups, unknown)


def _notes(groups: list[str], unknown: Counter[str]) -> Iterator[str]:
    yield f"{len(groups)} chips of {len(set(groups))} ships"
    unmatched = sum(not group.startswith("mmsi ") for group in groups)
    if unmatched:
        yield f"{unmatched} chips without a ship's number in meta.csv: each counts as a ship of its own in the split"
    for path, count in sorted(unknown.items()):
        yield f"left out: folder '{path}' ({count} chips) is not a known kind of ship"


def class_of(category: str, subcategory: str) -> str | None:
    """The class of a folder; ``None`` where the table does not know it."""
    if any(word in _singular(category + subcategory) for word in NOT_SHIPS):
        return None
    for first, second, word in FOLDERS:
        if _singular(category) == first and second in ("*", _singular(subcategory)):
            return word
    return None


def _singular(word: str) -> str:
    letters = re.sub(r"[^a-z]", "", word.lower())
    return letters[:-1] if letters.endswith("s") and not letters.endswith("ss") else letters


def _listed(source: Source) -> tuple[list[tuple[str, str]], Counter[str]]:
    known: list[tuple[str, str]] = []
    unknown: Counter[str] = Counter()
    places: dict[str, str] = {}
    for path in source.files.names:
        parts = path.split("/")
        if not path.lower().endswith((*CHIPS, *ENDINGS, *UNREAD)) or len(parts) < 2:
            continue
        word = class_of(parts[0], parts[1] if len(parts) > 2 else "")
        if word is None:
            unknown[path.rpartition("/")[0]] += 1
        elif not path.lower().endswith(CHIPS):
            source.fault(f"'{path}' is no chip as distributed; allowed: {', '.join(CHIPS)}")
        elif places.setdefault(stem(path).lower(), path) != path:
            source.fault(f"'{places[stem(path).lower()]}' and '{path}' are one chip in two places; move one away")
        else:
            known.append((path, word))
    return known, unknown


def _ships(source: Source) -> dict[str, str | None] | None:
    """Chip name in lower case to its ship; ``None`` where there is no table."""
    tables = [path for path in source.files.names if path.lower().rpartition("/")[2] == "meta.csv"]
    if not tables:
        other = [path for path in source.files.names if OTHER_TABLE.fullmatch(path.lower().rpartition("/")[2])]
        if other:
            raise BenchError(f"{source.files.label}: '{other[0]}' is not read; the table is called 'meta.csv'")
        return None
    if len(tables) > 1:
        raise BenchError(f"'{tables[0]}' and '{tables[1]}' are two tables; move one away")
    ships: dict[str, str | None] = {}
    for number, row in table_rows(source.files, tables[0], ("id", "mmsi")):
        where, name = f"'{tables[0]}', line {number}", stem(row["id"].replace("\\", "/")).lower()
        try:
            ship = ship_group(row["mmsi"], where)
        except BenchError as error:
            source.fault(str(error))
            continue
        if ships.setdefault(name, ship) != ship:
            source.fault(f"{where}: '{row['id']}' was another ship's in a line before")
    return ships


def _grey(chip: np.ndarray, where: str) -> np.ndarray:
    """(H, W) in [0, 255]; a file deeper than 8 bits is stretched to its own 99.9th percentile.

    Grey that was saved in colour is read: bands that are alike, or of one value (opaque).
    """
    if chip.ndim == 3:
        bands = [chip[..., place] for place in range(1, chip.shape[2])]
        if not all(np.array_equal(band, chip[..., 0]) or band.min() == band.max() for band in bands):
            raise BenchError(f"{where} holds {len(bands) + 1} bands that differ; a chip as distributed has one")
    grey = varied(chip if chip.ndim == 2 else chip[..., 0], where)
    if grey.dtype == np.uint8:
        return grey
    level = np.abs(grey.astype(np.float32))
    return np.clip(level * (255 / max(float(np.percentile(level, 99.9)), 1e-6)), 0, 255)
