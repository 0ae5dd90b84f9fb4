"""ImageNet (ILSVRC2012): 1.28 million photographs of 1,000 classes, in folders.

Russakovsky et al., "ImageNet large scale visual recognition challenge", IJCV 2015. Its validation set is the
test side. Streamed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.data.store.datasets import Listing
from bench.data.store.listings import listed
from bench.data.store.pictures import is_picture
from bench.data.store.registry import checked_options

DATASETS = {
    "imagenet": {
        "title": "ImageNet (ILSVRC2012)",
        "classes": [],  # the names of its folders, WordNet ids
        "channels": 3,
        "stand_in": False,
        "streams": True,
        "version": 1,
        "folders": ["imagenet", "ilsvrc2012"],
        "licence": "terms of ImageNet: research and education; not redistributed here",
        "source": "Russakovsky et al., IJCV 2015",
        "layout": "imagenet/{train/<class>/*.JPEG, val/<class>/*.JPEG}",
    },
}
COUNTS = {"train": 1_281_167, "test": 50_000}


def listing(name: str, options: Mapping[str, Any], folder: Path) -> Listing:
    """The training and the validation folders; classes in the order of their WordNet ids.

    Raises
    ------
    DataError
        If a list or a picture is missing.
    """
    checked_options(name, options, {})
    return listed(name, folder, _rows(name, folder), COUNTS)


def _rows(name: str, folder: Path) -> Iterator[tuple[str, str, bool]]:
    for side in ("train", "val"):
        for word in sorted(path.name for path in (folder / side).glob("*") if path.is_dir()):
            for picture in sorted((folder / side / word).iterdir()):
                if is_picture(picture.name):
                    yield f"{side}/{word}/{picture.name}", word, side == "val"
