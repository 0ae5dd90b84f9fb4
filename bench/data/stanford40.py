"""Stanford 40 Actions: photographs of people doing 40 things.

Yao et al., "Human action recognition by learning bases of action attributes and parts", ICCV 2011. Streamed: pictures keep
their shape until a crop is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.data.store.datasets import SPLITS, Sample
from bench.data.store.pictures import is_picture
from bench.data.store.source import Source
from bench.data.store.texts import listed_paths
from bench.plan import BenchError

DATASETS = {
    "stanford40": {
        "title": "Stanford 40 Actions",
        "classes": [],  # the names of its lists
        "channels": 3,
        "stand_in": False,
        "streams": True,
        "version": 1,
        "counts": {"train": 4_000, "test": 5_532},
        "folders": ["stanford40", "stanford40actions"],
        "root": ["JPEGImages/"],
        "lists": "the publisher's Stanford40_ImageSplits.zip holds it",
        "licence": "research; not redistributed here",
        "source": "Yao et al., ICCV 2011",
        "layout": "stanford40/{JPEGImages/*.jpg, ImageSplits/<class>_{train,test}.txt}",
    },
}


def samples(source: Source) -> Iterator[Sample]:
    """The official split: a list per class and split below ``ImageSplits``."""
    lists = source.beside("ImageSplits/").below("ImageSplits/")
    known: dict[str, str] = {}
    left = {path for path in source.files.names if path.startswith("JPEGImages/") and is_picture(path)}
    for split in SPLITS:
        for file in (name for name in lists.names if name.endswith(f"_{split}.txt")):
            word = file.removesuffix(f"_{split}.txt")
            for number, entry in listed_paths(lists, file, known):
                if not entry.startswith(word):
                    raise BenchError(f"{lists.label}: '{file}', line {number}: '{entry[:80]}' is no picture of '{word}'")
                left.discard(f"JPEGImages/{entry}")
                yield Sample(word, split, f"JPEGImages/{entry}")
    if left and known:
        source.fault(f"{len(left)} pictures stand in no list of ImageSplits/, '{min(left)}' the first")
