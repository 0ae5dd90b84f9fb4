"""RAF-DB, basic emotions: aligned 100-pixel faces with seven expressions.

Li, Deng and Du, "Reliable crowdsourcing and deep locality-preserving learning for expression recognition in the wild", CVPR
2017. Its files are given on request and for research alone. Layout: docs/data.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bench.data.store.archives import Container, opened
from bench.data.store.chips import to_square
from bench.data.store.datasets import DataError, Decoded
from bench.data.store.pictures import count_notes, read_picture
from bench.data.store.registry import checked_options
from bench.plan import BenchError

DATASETS = {
    "rafdb": {
        "title": "RAF-DB (basic emotions)",
        "classes": ["surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral"],
        "channels": 3,
        "stand_in": False,
        "version": 1,
        "folders": ["rafdb", "rafdbbasic", "basic"],
        "licence": "on request, research alone; not redistributed here",
        "source": "Li, Deng and Du, CVPR 2017",
        "layout": "rafdb/{EmoLabel/list_patition_label.txt, Image/aligned/{train,test}_*_aligned.jpg}",
    },
}
LIST = "list_patition_label.txt"  # its authors' spelling
COUNTS = {"train": 12_271, "test": 3_068}


def decode(name: str, size: int, options: Mapping[str, Any], folder: Path | None) -> Decoded:
    """The aligned faces, split as the list's file names say.

    Parameters
    ----------
    size
        Side of the images in pixels; resized bilinearly from 100.
    options
        None exist.

    Raises
    ------
    DataError
        If files are missing or damaged; all of them are named.
    """
    assert folder is not None
    checked_options(name, options, {})
    problems: list[str] = []
    with opened(folder, folder.name) as container:
        samples = list(_faces(container, problems))
    if problems:
        raise DataError(problems, name)
    is_test = np.array([test for _, _, test in samples])
    return Decoded(
        images=to_square([pixels for pixels, _, _ in samples], size),
        labels=np.array([label for _, label, _ in samples], dtype=np.int64),
        is_test=is_test,
        sides=np.array([min(pixels.shape[:2]) for pixels, _, _ in samples]),
        notes=count_notes({"train": int((~is_test).sum()), "test": int(is_test.sum())}, COUNTS),
    )


def _faces(container: Container, problems: list[str]) -> Iterator[tuple[np.ndarray, int, bool]]:
    found = {path.rsplit("/", 1)[-1]: path for path in container.names}
    if LIST not in found:
        problems.append(f"{container.label}: '{LIST}' is missing")
        return
    for number, line in enumerate(container.read(found[LIST]).decode("ascii", "replace").splitlines(), start=1):
        words = line.split()
        if len(words) != 2 or words[1] not in tuple("1234567") or not words[0].startswith(("train_", "test_")):
            problems.append(f"{container.label}: '{LIST}', line {number}: expected a picture's name and a label from 1 to 7")
            continue
        aligned = f"{words[0].rsplit('.', 1)[0]}_aligned.jpg"
        if aligned not in found:
            problems.append(f"{container.label}: '{aligned}' is missing")
            continue
        try:
            yield read_picture(container.read(found[aligned])), int(words[1]) - 1, words[0].startswith("test_")
        except BenchError as error:
            problems.append(f"{container.label}: '{found[aligned]}' is damaged ({error})")
