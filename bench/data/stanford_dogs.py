"""Stanford Dogs: photographs of 120 breeds.

Khosla et al., "Novel dataset for fine-grained image categorization", FGVC workshop at CVPR 2011. Streamed: pictures keep their
shape until a crop is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.data.store.datasets import DataError, Listing
from bench.data.store.listings import listed
from bench.data.store.registry import checked_options

DATASETS = {
    "stanford_dogs": {
        "title": "Stanford Dogs",
        "classes": [],  # the names of its folders
        "channels": 3,
        "stand_in": False,
        "streams": True,
        "version": 1,
        "folders": ["stanforddogs", "dogs"],
        "licence": "terms of ImageNet: research and education; not redistributed here",
        "source": "Khosla et al., FGVC 2011; pictures of ImageNet",
        "layout": "stanford_dogs/{Images/<class>/*.jpg, train_list.mat, test_list.mat}",
    },
}
COUNTS = {"train": 12_000, "test": 8_580}


def listing(name: str, options: Mapping[str, Any], folder: Path) -> Listing:
    """The official split of ``train_list.mat`` and ``test_list.mat``.

    Raises
    ------
    DataError
        If a list or a picture is missing.
    """
    checked_options(name, options, {})
    return listed(name, folder, _rows(name, folder), COUNTS)


def _rows(name: str, folder: Path) -> Iterator[tuple[str, str, bool]]:
    from scipy.io import loadmat  # imported where used

    for file, test in (("train_list.mat", False), ("test_list.mat", True)):
        try:
            paths = [str(row[0][0]) for row in loadmat(folder / file)["file_list"]]
        except FileNotFoundError:
            raise DataError([f"{folder.name}: '{file}' is missing"], name) from None
        except Exception as error:  # a damaged file raises whatever its bytes happen to say
            raise DataError([f"{folder.name}: '{file}' is damaged ({error})"], name) from None
        for path in paths:
            yield f"Images/{path}", path.split("/")[0], test
