"""RAF-DB, basic emotions: aligned 100-pixel faces with seven expressions.

Li, Deng and Du, "Reliable crowdsourcing and deep locality-preserving learning for expression recognition in the wild", CVPR
2017. Its files are given on request and for research alone. Layout: docs/data.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.data.store.datasets import Sample
from bench.data.store.pictures import class_folders, is_picture, stem
from bench.data.store.source import Source
from bench.data.store.texts import listed_paths
from bench.plan import BenchError

DATASETS = {
    "rafdb": {
        "title": "RAF-DB (basic emotions)",
        "classes": ["surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral"],
        "channels": 3,
        "stand_in": False,
        "version": 2,
        "counts": {"train": 12_271, "test": 3_068},
        "folders": ["rafdb", "rafdbbasic", "basic"],
        "root": ["EmoLabel/list_patition_label.txt", "list_patition_label.txt", "train/"],
        "without": ["compound"],  # its eleven emotions are another dataset with a list of the same name
        "licence": "on request, research alone; not redistributed here",
        "source": "Li, Deng and Du, CVPR 2017",
        "layout": "rafdb/{EmoLabel/list_patition_label.txt, Image/aligned/{train,test}_*_aligned.jpg}, with or without basic/ "
        "around it, or rafdb/{train,test}/<1 to 7>/*_aligned.jpg",
    },
}
LIST = "list_patition_label.txt"  # its authors' spelling
ALIGNED = "Image/aligned/"


def samples(source: Source) -> Iterator[Sample]:
    """The aligned faces, split as the list's file names say."""
    names = source.files.names
    table = next((path for path in (f"EmoLabel/{LIST}", LIST) if path in names), None)
    if table is None:
        yield from _in_folders(source)
        return
    aligned = {path for path in names if path.startswith(ALIGNED) and is_picture(path)}
    if not aligned:
        packed = next((path for path in names if path.lower().startswith("image/aligned.")), None)
        hint = f"unpack '{packed}' there" if packed else "the aligned pictures are wanted, not the original ones"
        raise BenchError(f"{source.files.label}: no picture in '{ALIGNED}'; {hint}")
    for number, entry in listed_paths(source.files, table):
        words = entry.split()
        if len(words) != 2 or words[1] not in tuple("1234567") or not words[0].startswith(("train_", "test_")):
            source.fault(f"'{table}', line {number}: expected a picture's name and a label from 1 to 7, found '{entry[:80]}'")
            continue
        path = f"{ALIGNED}{words[0].rsplit('.', 1)[0]}_aligned.jpg"
        aligned.discard(path)
        yield Sample(source.classes[int(words[1]) - 1], words[0].split("_")[0], path)
    if aligned:
        source.fault(f"{len(aligned)} pictures have no line in '{table}', '{min(aligned)}' the first")


def _in_folders(source: Source) -> Iterator[Sample]:
    """A copy that is sorted into ``<split>/<label>/``, the labels numbered from 1."""
    known: dict[str, str] = {}
    for path, word, split in class_folders(source.files.names, {"train": "train", "test": "test"}):
        if word not in tuple("1234567") or not stem(path).startswith(f"{split}_"):
            raise BenchError(f"'{path}': expected <split>/<label from 1 to 7>/<split>_*.jpg, the labels as in {LIST}")
        if known.setdefault(stem(path), path) != path:
            raise BenchError(f"'{known[stem(path)]}' and '{path}' are one picture in two places; move one away")
        yield Sample(source.classes[int(word) - 1], split, path)
