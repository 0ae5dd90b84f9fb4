"""The marks of a column: its best mean among the judged cells, and what cannot be told from it."""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from bench.stats.correction import holm
from bench.stats.difference import welch
from bench.stats.pairwise import best_of
from bench.stats.sample import Sample

Key = TypeVar("Key", bound=Hashable)
Column = TypeVar("Column", bound=Hashable)
Method = TypeVar("Method", bound=Hashable)


@dataclass(frozen=True)
class Standings(Generic[Key]):
    """Which cells of a column wear which mark.

    Attributes
    ----------
    best
        The best mean among the judged cells (bold), several where they tie exactly; nothing where fewer than two are judged.
    not_below
        Not significantly below the best: Welch against it, Holm within the column (underlined).
    unjudged_above
        Cells with a better mean than the best that are not judged, with the reason: the page has to say why they are not bold.
    """

    best: tuple[Key, ...]
    not_below: tuple[Key, ...]
    unjudged_above: Mapping[Key, str]


def standings(column: Mapping[Key, Sample], higher_is_better: bool = True, alpha: float = 0.05) -> Standings[Key]:
    """Rank the cells of one column, baseline included; means in percent."""
    sign = 1 if higher_is_better else -1
    judged = [key for key, sample in column.items() if sample.judged]
    best = best_of(column, higher_is_better) if len(judged) > 1 else ()
    if not best:
        return Standings((), (), {})
    # Of ties the one that is known best: the smallest variance of its mean.
    top = column[min(best, key=lambda key: column[key].sd ** 2 / column[key].n)]
    others = [key for key in judged if key not in best]
    adjusted = holm([welch(top, column[key]).p for key in others]).tolist()
    above = {
        key: sample.state
        for key, sample in column.items()
        if sample.usable and not sample.judged and sign * sample.mean > sign * top.mean
    }
    return Standings(best, tuple(key for key, p in zip(others, adjusted, strict=True) if p > alpha), above)


def best_overall(
    methods: Mapping[Method, Mapping[Column, Sample]], columns: Collection[Column], higher_is_better: bool = True
) -> tuple[Method, ...]:
    """The methods with the best mean over the columns, among those with the most of them; several where they tie exactly.

    They are chosen by their own numbers alone, so that the choice owes nothing to a new method's.
    """
    means = {
        name: [sample.mean for column, sample in cells.items() if column in columns and sample.usable]
        for name, cells in methods.items()
    }
    most = max(map(len, means.values()), default=0)
    full = {name: math.fsum(found) / most for name, found in means.items() if most and len(found) == most}
    if not full:
        return ()
    best = (max if higher_is_better else min)(full.values())
    return tuple(name for name, mean in full.items() if math.isclose(mean, best, rel_tol=1e-12))


def is_collapsed(balanced_accuracies: tuple[float, ...], classes: int) -> bool:
    """Whether every run predicts one class only: its balanced accuracy (percent) is then 100 / C."""
    chance = 100.0 / classes
    return bool(balanced_accuracies) and all(abs(value - chance) < 1e-3 for value in balanced_accuracies)
