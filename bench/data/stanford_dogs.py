"""Stanford Dogs: photographs of 120 breeds.

Khosla et al., "Novel dataset for fine-grained image categorization", FGVC workshop at CVPR 2011. Streamed: pictures keep their
shape until a crop is drawn.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np

from bench.data.store.contents import looks_like
from bench.data.store.datasets import Sample
from bench.data.store.pictures import is_picture
from bench.data.store.source import Source
from bench.plan import BenchError

DATASETS = {
    "stanford_dogs": {
        "title": "Stanford Dogs",
        "classes": [],  # the names of its folders
        "channels": 3,
        "stand_in": False,
        "streams": True,
        "version": 1,
        "counts": {"train": 12_000, "test": 8_580},
        "folders": ["stanforddogs", "dogs"],
        "root": ["Images/"],
        "lists": "the publisher's lists.tar holds it: https://vision.stanford.edu/aditya86/ImageNetDogs",
        "licence": "terms of ImageNet: research and education; not redistributed here",
        "source": "Khosla et al., FGVC 2011; pictures of ImageNet",
        "layout": "stanford_dogs/{Images/<class>/*.jpg, train_list.mat, test_list.mat}",
    },
}
LISTS = (("train_list.mat", "train"), ("test_list.mat", "test"))


def samples(source: Source) -> Iterator[Sample]:
    """The official split of ``train_list.mat`` and ``test_list.mat``."""
    left = {path for path in source.files.names if path.startswith("Images/") and is_picture(path)}
    for file, split in LISTS:
        for entry in _entries(source, file):
            left.discard(f"Images/{entry}")
            yield Sample(entry.split("/")[0], split, f"Images/{entry}")
    if left:
        source.fault(f"{len(left)} pictures stand in neither list, '{min(left)}' the first")


def _entries(source: Source, file: str) -> list[str]:
    """The pictures of a list, whether it lies or stands."""
    from scipy.io import loadmat  # imported where used

    lists = source.beside(file)
    content = lists.read(file)
    try:
        cells = loadmat(io.BytesIO(content))["file_list"].ravel()
        entries = [str(np.asarray(cell).item()).strip().replace("\\", "/") for cell in cells]
        if not entries or not all(entry.count("/") == 1 for entry in entries):
            raise ValueError("expected <class>/<picture> in every cell of file_list")
        return entries
    except Exception as error:  # a damaged file raises whatever its bytes happen to say
        raise BenchError(f"{lists.label}: '{file}' is damaged ({looks_like(content) or error})") from None
