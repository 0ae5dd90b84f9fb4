"""MIT67: photographs of 67 kinds of indoor scenes.

Quattoni and Torralba, "Recognizing indoor scenes", CVPR 2009. Streamed: pictures keep their shape until a crop is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.data.store.datasets import Sample
from bench.data.store.source import Source
from bench.data.store.texts import listed_paths
from bench.plan import BenchError

DATASETS = {
    "mit67": {
        "title": "MIT Indoor 67",
        "classes": [],  # the names of its folders
        "channels": 3,
        "stand_in": False,
        "streams": True,
        "version": 1,
        "counts": {"train": 5_360, "test": 1_340},
        "folders": ["mit67", "mitindoor67", "indoorCVPR09"],
        "root": ["Images/"],
        "lists": "the publisher's page has it beside the archive: https://web.mit.edu/torralba/www",
        "licence": "research; not redistributed here",
        "source": "Quattoni and Torralba, CVPR 2009",
        "layout": "mit67/{Images/<class>/*.jpg, TrainImages.txt, TestImages.txt}",
    },
}
LISTS = (("TrainImages.txt", "train"), ("TestImages.txt", "test"))


def samples(source: Source) -> Iterator[Sample]:
    """The official split of ``TrainImages.txt`` and ``TestImages.txt``; pictures in neither are left out."""
    known: dict[str, str] = {}
    for file, split in LISTS:
        for number, entry in listed_paths(source.beside(file), file, known):
            if entry.count("/") != 1:
                raise BenchError(f"'{file}', line {number}: '{entry[:80]}', expected <class>/<picture>")
            yield Sample(entry.split("/")[0], split, f"Images/{entry}")
