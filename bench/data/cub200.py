"""CUB-200-2011: photographs of 200 kinds of birds.

Wah et al., "The Caltech-UCSD Birds-200-2011 dataset", 2011. Streamed: pictures keep their shape until a crop is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.data.store.datasets import Listing
from bench.data.store.listings import lines_of, listed
from bench.data.store.registry import checked_options

DATASETS = {
    "cub200": {
        "title": "CUB-200-2011",
        "classes": [],  # its own list, classes.txt
        "channels": 3,
        "stand_in": False,
        "streams": True,
        "version": 1,
        "folders": ["cub200", "cub2002011"],
        "licence": "research and education; not redistributed here",
        "source": "Wah et al., Caltech, 2011",
        "layout": "cub200/{images/<class>/*.jpg, images.txt, image_class_labels.txt, train_test_split.txt, classes.txt}",
    },
}
COUNTS = {"train": 5_994, "test": 5_794}


def listing(name: str, options: Mapping[str, Any], folder: Path) -> Listing:
    """The official split of ``train_test_split.txt``.

    Raises
    ------
    DataError
        If a list or a picture is missing.
    """
    checked_options(name, options, {})
    return listed(name, folder, _rows(name, folder), COUNTS)


def _rows(name: str, folder: Path) -> Iterator[tuple[str, str, bool]]:
    """Every list has an id and a value per line."""

    def values(file: str) -> dict[str, str]:
        return dict(line.split(None, 1) for line in lines_of(folder, file, name) if len(line.split(None, 1)) == 2)

    classes, labels, training = values("classes.txt"), values("image_class_labels.txt"), values("train_test_split.txt")
    for number, path in values("images.txt").items():
        label = classes.get(labels.get(number, "").strip(), "")
        yield f"images/{path.strip()}", label.strip(), training.get(number, "1").strip() == "0"
