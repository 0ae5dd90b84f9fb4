"""What cells say about new test images: from the images that each run got right."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from bench.plan.metrics import METRICS
from bench.report.cells import Gathered
from bench.report.reported import Key
from bench.stats import Difference, new_images_difference, new_images_together

Name = TypeVar("Name", bound=Hashable)
LAST = "accuracy"  # hits are those of the last epoch


def new_images(pairs: Mapping[Name, tuple[Key, Key]], cells: Mapping[Key, Gathered]) -> dict[Name, Difference]:
    """Each difference of two cells (the first less the second, in pp) with its interval for new images of the same kind.

    Pairs of other metrics than the last epoch's accuracy or error, and those with a run whose hits are not recorded, have none.
    """
    hits = _hits(cells, (key for pair in pairs.values() for key in pair))
    return {
        name: new_images_difference(hits[first], hits[second])
        for name, (first, second) in pairs.items()
        if first in hits and second in hits and len(hits[first][0]) == len(hits[second][0])
    }


def new_images_over(
    columns: Mapping[Name, tuple[Key, Key]], cells: Mapping[Key, Gathered], dataset_of: Mapping[Name, str]
) -> Difference | None:
    """The mean difference over columns with that interval; ``None`` unless every run's hits are recorded in all of them."""
    hits = _hits(cells, (key for pair in columns.values() for key in pair))
    if not columns or any(first not in hits or second not in hits for first, second in columns.values()):
        return None
    pairs = {column: (hits[first], hits[second]) for column, (first, second) in columns.items()}
    sizes: dict[str, set[int]] = {}
    for column, sides in pairs.items():
        sizes.setdefault(dataset_of[column], set()).update(len(run) for side in sides for run in side)
    if any(len(found) > 1 for found in sizes.values()):
        return None
    return new_images_together(pairs, dataset_of)


def _hits(cells: Mapping[Key, Gathered], keys: Iterable[Key]) -> dict[Key, Sequence[Any]]:
    """The hits of every run of those cells that have all of them, and of one set of test images."""
    found: dict[Key, Sequence[Any]] = {}
    for key in dict.fromkeys(keys):
        cell = cells.get(key)
        if cell is None or cell.state != "measured" or LAST not in (key.metric, METRICS[key.metric].complement_of):
            continue
        recorded = [result.hits for result in cell.results if math.isfinite(result.metric(key.metric))]
        known = [each for each in recorded if each is not None]
        if known and len(known) == len(recorded) and len({(each.data, each.images) for each in known}) == 1:
            found[key] = [each.right() for each in known]
    return found
