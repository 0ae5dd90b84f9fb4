"""ImageNet (ILSVRC2012): 1.28 million photographs of 1,000 classes, in folders.

Russakovsky et al., "ImageNet large scale visual recognition challenge", IJCV 2015. Its validation set is the
test split. Streamed.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import ExitStack

import numpy as np

from bench.data.store.archives import Container, archives_in, opened
from bench.data.store.contents import looks_like
from bench.data.store.datasets import Sample
from bench.data.store.pictures import class_folders, is_picture, stem
from bench.data.store.source import Source, report_empty
from bench.data.store.texts import numbered_lines, table_rows, whole_number
from bench.plan import BenchError

DATASETS = {
    "imagenet": {
        "title": "ImageNet (ILSVRC2012)",
        "classes": [],  # the names of its folders, WordNet ids
        "channels": 3,
        "stand_in": False,
        "streams": True,
        "version": 1,
        "counts": {"train": 1_281_167, "test": 50_000},
        "folders": ["imagenet", "ilsvrc2012"],
        "root": ["train/"],
        "licence": "terms of ImageNet: research and education; not redistributed here",
        "source": "Russakovsky et al., IJCV 2015",
        "layout": "imagenet/{train/<class>/*.JPEG, val/<class>/*.JPEG}",
    },
}
OFFICIAL = r"ILSVRC2012_val_\d+|n\d{8}_\d+"  # names of its own pictures
TRUTH, META = "ILSVRC2012_validation_ground_truth.txt", "meta.mat"  # of the development kit
SOLUTION = "LOC_val_solution.csv"  # of the challenge on Kaggle
SYNSETS = "imagenet_2012_validation_synset_labels.txt"  # of TensorFlow's models
LISTS = f"'{TRUTH}' with '{META}' (the development kit, also packed), '{SOLUTION}' or '{SYNSETS}'"


def samples(source: Source) -> Iterator[Sample]:
    """The training and the validation folders; a flat validation folder is sorted by the official list beside it."""
    names = source.files.names
    folders: set[str] = set()
    for path, word, split in class_folders(names, {"train": "train", "val": "test"}, once=OFFICIAL):
        folders.add(path.rpartition("/")[0])
        yield Sample(word, split, path)
    report_empty(source, folders)
    flat = [path for path in names if path.startswith("val/") and path.count("/") == 1 and is_picture(path)]
    sorted_ = next((folder for folder in sorted(folders) if folder.startswith("val/")), None)
    if flat and sorted_:
        raise BenchError(f"'{flat[0]}' lies in 'val/' itself, others in '{sorted_}/': sort all of them, or none")
    if flat:
        yield from _sorted_by_list(source, flat)


def _sorted_by_list(source: Source, flat: list[str]) -> Iterator[Sample]:
    with ExitStack() as stack:
        places = [source.whole]
        for name in archives_in(source.whole.names):
            if "devkit" in name.lower():
                path = source.whole.path / source.whole.root / name
                places.append(stack.enter_context(opened(path, f"{source.whole.label}/{name}")))
        for place in places:
            for file, read in ((TRUTH, _by_truth), (SOLUTION, _by_solution), (SYNSETS, _by_synsets)):
                word_of = read(place)
                if word_of is not None:
                    source.notes.append(f"the validation set is sorted by {file}")
                    yield from _named(flat, word_of)
                    return
    raise BenchError(
        f"{source.files.label}: {len(flat)} pictures lie directly in 'val/' and no list says their classes; sort them into "
        f"val/<class>/, or put beside it {LISTS}"
    )


def _named(flat: list[str], word_of: dict[str, str]) -> Iterator[Sample]:
    for path in flat:
        number = re.fullmatch(r"ILSVRC2012_val_0*(\d+)", stem(path))
        word = word_of.get(stem(path)) or (word_of.get(number[1]) if number else None)
        if word is None:
            raise BenchError(f"'{path}' is not in the list of the validation set's classes")
        yield Sample(word, "test", path)


def _found(place: Container, name: str) -> str | None:
    paths = [path for path in place.names if path.rpartition("/")[2] == name]
    if len(paths) > 1:
        raise BenchError(f"{place.label}: '{paths[0]}' and '{paths[1]}' are two lists; move one away")
    return paths[0] if paths else None


def _by_truth(place: Container) -> dict[str, str] | None:
    """A number from 1 to 1,000 per picture, and the classes that the numbers stand for."""
    from scipy.io import loadmat  # imported where used

    truth, meta = _found(place, TRUTH), _found(place, META)
    if truth is None or meta is None:
        return None
    content = place.read(meta)
    try:
        synsets = loadmat(io.BytesIO(content), squeeze_me=True)["synsets"]
        numbers, ids = (np.atleast_1d(synsets[key]) for key in ("ILSVRC2012_ID", "WNID"))
        words = {int(number): str(word) for number, word in zip(numbers, ids, strict=True)}
    except Exception as error:  # a damaged file raises whatever its bytes happen to say
        raise BenchError(f"{place.label}: '{meta}' is damaged ({looks_like(content) or error})") from None
    found = {}
    for line, text in _line_per_picture(place, truth):
        where = f"{place.label}: '{truth}', line {line}"
        number = whole_number(text, where, 1, len(words))
        if number not in words:
            raise BenchError(f"{where}: '{META}' has no class {number}")
        found[str(line)] = words[number]
    return found


def _by_solution(place: Container) -> dict[str, str] | None:
    """A picture's name, and its class before the first box."""
    table = _found(place, SOLUTION)
    if table is None:
        return None
    found: dict[str, str] = {}
    for line, row in table_rows(place, table, ("imageid", "predictionstring")):
        words = row["predictionstring"].split()
        if not row["imageid"] or not words or row["imageid"] in found:
            raise BenchError(f"{place.label}: '{table}', line {line}: no picture with a class, or one that was there before")
        found[row["imageid"]] = words[0]
    return found


def _by_synsets(place: Container) -> dict[str, str] | None:
    """A class per picture."""
    table = _found(place, SYNSETS)
    if table is None:
        return None
    return {str(line): word for line, word in _line_per_picture(place, table)}


def _line_per_picture(place: Container, path: str) -> Iterator[tuple[int, str]]:
    """The lines of a list whose place says which picture is meant: a blank one in between would move all that follow."""
    for expected, (line, text) in enumerate(numbered_lines(place, path), start=1):
        if line != expected:
            raise BenchError(f"{place.label}: '{path}', line {expected} is blank; every picture has a line of its own")
        yield line, text
