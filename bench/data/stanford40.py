"""Stanford 40 Actions: photographs of people doing 40 things.

Yao et al., "Human action recognition by learning bases of action attributes and parts", ICCV 2011. Streamed: pictures keep
their shape until a crop is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.data.store.datasets import Listing
from bench.data.store.listings import lines_of, listed
from bench.data.store.registry import checked_options

DATASETS = {
    "stanford40": {
        "title": "Stanford 40 Actions",
        "classes": [],  # the names of its lists
        "channels": 3,
        "stand_in": False,
        "streams": True,
        "version": 1,
        "folders": ["stanford40", "stanford40actions"],
        "licence": "research; not redistributed here",
        "source": "Yao et al., ICCV 2011",
        "layout": "stanford40/{JPEGImages/*.jpg, ImageSplits/<class>_{train,test}.txt}",
    },
}
COUNTS = {"train": 4_000, "test": 5_532}


def listing(name: str, options: Mapping[str, Any], folder: Path) -> Listing:
    """The official split: a list per class and side below ``ImageSplits``.

    Raises
    ------
    DataError
        If a list or a picture is missing.
    """
    checked_options(name, options, {})
    return listed(name, folder, _rows(name, folder), COUNTS)


def _rows(name: str, folder: Path) -> Iterator[tuple[str, str, bool]]:
    for side in ("train", "test"):
        for path in sorted((folder / "ImageSplits").glob(f"*_{side}.txt")):
            word = path.stem.removesuffix(f"_{side}")
            for line in filter(None, map(str.strip, lines_of(folder, f"ImageSplits/{path.name}", name))):
                yield f"JPEGImages/{line}", word, side == "test"
