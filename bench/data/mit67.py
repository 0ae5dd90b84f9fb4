"""MIT67: photographs of 67 kinds of indoor scenes.

Quattoni and Torralba, "Recognizing indoor scenes", CVPR 2009. Streamed: pictures keep their shape until a crop is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.data.store.datasets import Listing
from bench.data.store.listings import lines_of, listed
from bench.data.store.registry import checked_options

DATASETS = {
    "mit67": {
        "title": "MIT Indoor 67",
        "classes": [],  # the names of its folders
        "channels": 3,
        "stand_in": False,
        "streams": True,
        "version": 1,
        "folders": ["mit67", "mitindoor67", "indoorCVPR09"],
        "licence": "research; not redistributed here",
        "source": "Quattoni and Torralba, CVPR 2009",
        "layout": "mit67/{Images/<class>/*.jpg, TrainImages.txt, TestImages.txt}",
    },
}
COUNTS = {"train": 5_360, "test": 1_340}


def listing(name: str, options: Mapping[str, Any], folder: Path) -> Listing:
    """The official split of ``TrainImages.txt`` and ``TestImages.txt``; pictures in neither are left out.

    Raises
    ------
    DataError
        If a list or a picture is missing.
    """
    checked_options(name, options, {})
    return listed(name, folder, _rows(name, folder), COUNTS)


def _rows(name: str, folder: Path) -> Iterator[tuple[str, str, bool]]:
    for file, test in (("TrainImages.txt", False), ("TestImages.txt", True)):
        for line in filter(None, map(str.strip, lines_of(folder, file, name))):
            yield f"Images/{line}", line.split("/")[0], test
