"""CUB-200-2011: photographs of 200 kinds of birds.

Wah et al., "The Caltech-UCSD Birds-200-2011 dataset", 2011. Streamed: pictures keep their shape until a crop is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.data.store.datasets import Sample
from bench.data.store.pictures import is_picture
from bench.data.store.source import Source
from bench.data.store.texts import numbered_values
from bench.plan import BenchError

DATASETS = {
    "cub200": {
        "title": "CUB-200-2011",
        "classes": [],  # its own list, classes.txt
        "channels": 3,
        "stand_in": False,
        "streams": True,
        "version": 1,
        "counts": {"train": 5_994, "test": 5_794},
        "folders": ["cub200", "cub2002011"],
        "root": ["images.txt", "images/"],
        "lists": "the publisher's CUB_200_2011.tgz holds it, beside the pictures",
        "licence": "research and education; not redistributed here",
        "source": "Wah et al., Caltech, 2011",
        "layout": "cub200/{images/<class>/*.jpg, images.txt, image_class_labels.txt, train_test_split.txt, classes.txt}",
    },
}
TRAINING = {"1": "train", "0": "test"}


def samples(source: Source) -> Iterator[Sample]:
    """The official split of ``train_test_split.txt``; all lists have to name the same pictures."""
    lists = {file: numbered_values(source.beside(file), file) for file in ("classes.txt", "images.txt")}
    classes, images = lists.values()
    columns = [_column(source, file, images) for file in ("image_class_labels.txt", "train_test_split.txt")]
    left = {path for path in source.files.names if path.startswith("images/") and is_picture(path)}
    for number, (line, path) in images.items():
        where, path = f"'images.txt', line {line}", path.replace("\\", "/").removeprefix("./")
        label, training = (column[number] for column in columns)
        if label not in classes or training not in TRAINING:
            raise BenchError(f"{where}: number {number} has the label '{label}' and '{training}' for whether to train on it")
        word = classes[label][1]
        if path.split("/")[0] != word:
            raise BenchError(f"{where}: '{path}' has the label {label}, which is '{word}' in classes.txt")
        left.discard(f"images/{path}")
        yield Sample(word, TRAINING[training], f"images/{path}")
    if left:
        source.fault(f"{len(left)} pictures have no line in 'images.txt', '{min(left)}' the first")


def _column(source: Source, file: str, images: dict[str, tuple[int, str]]) -> dict[str, str]:
    """The value that a list has for every picture."""
    values = numbered_values(source.beside(file), file)
    for number, (line, _) in images.items():
        if number not in values:
            raise BenchError(f"'{file}' has no line for number {number} ('images.txt', line {line})")
    for number, (line, _) in values.items():
        if number not in images:
            raise BenchError(f"'{file}', line {line}: number {number} is not in 'images.txt'")
    return {number: value for number, (_, value) in values.items()}
