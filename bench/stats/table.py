"""A whole table: every method against its column's baseline, and the marks that its cells wear."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bench.stats.correction import holm
from bench.stats.difference import Difference, permutation_p, welch
from bench.stats.power import pooled_sd, seeds_needed, smallest_detectable_difference
from bench.stats.sample import Sample

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class CellComparison:
    """A cell beside its column.

    Attributes
    ----------
    sample
        The cell's runs; ``sample.state`` says what is special about them.
    gain
        Over the column's baseline in pp, positive where the method is better (also for error rates); ``None`` for a baseline.
    p_adjusted
        Two-sided p of the gain, Holm-adjusted over the table; NaN where nothing was tested.
    permutation
        Exact two-sided permutation p of the gain, unadjusted; a cross-check.
    dagger
        Significantly better than the baseline over the table's family.
    column_best
        The best mean of its column (bold).
    not_below_best
        Not significantly below the best of its column (underline); true for the best itself.
    outcome
        Of the gain: 'better', 'worse', 'no difference found', 'untested' or, for a baseline, 'baseline'.
    """

    sample: Sample
    gain: Difference | None
    p_adjusted: float
    permutation: float
    dagger: bool
    column_best: bool
    not_below_best: bool
    outcome: str = "baseline"


@dataclass(frozen=True)
class TableComparison(Generic[Key]):
    """A table's cells and what the table could have shown.

    Attributes
    ----------
    cells
        One per key of the values and of the baselines, missing cells included.
    family
        How many comparisons were tested and corrected together.
    smallest_difference
        In pp, with 80 % power at the first step of Holm, from the pooled sd and the usual n; NaN where nothing can be found.
    sd
        Pooled within the compared cells that can win a mark, in pp.
    n
        The most frequent number of runs of those cells (the smaller one in a tie), 0 where there are none.
    """

    cells: Mapping[Key, CellComparison]
    family: int
    smallest_difference: float
    sd: float = math.nan
    n: int = 0


def compare_table(
    values: Mapping[Key, Sequence[float]],
    baseline_of: Mapping[Key, Key],
    higher_is_better: bool = True,
    alpha: float = 0.05,
) -> TableComparison[Key]:
    """Test every method of a table against the baseline of its column.

    Parameters
    ----------
    values
        Per-run values of each cell, shape (n,), in percent; empty or absent for a missing cell, NaN for a diverged run.
    baseline_of
        The baseline of each cell; a baseline is absent or its own. A column is all cells that share a baseline, with it.
    higher_is_better
        False for error rates.
    alpha
        Family-wise level.

    Notes
    -----
    Two families: the gains of the whole table (Welch, Holm), and in each column its cells against the best (Welch, Holm).
    Only a cell of at least three finite runs with some spread wins a mark; other cells are tested as far as Welch's t
    reaches, and not marked.
    """
    keys = list(dict.fromkeys([*values, *baseline_of, *baseline_of.values()]))
    samples = {key: Sample.of(values.get(key, ())) for key in keys}
    versus = {key: baseline_of[key] for key in keys if baseline_of.get(key, key) != key}
    gains = {key: gain(samples[key], samples[base], higher_is_better) for key, base in versus.items()}
    adjusted = dict(zip(gains, holm([difference.p for difference in gains.values()]), strict=True))
    best, not_below = _standings(samples, versus, higher_is_better, alpha)
    cells = {}
    for key in keys:
        outcome = (
            outcome_of(samples[key], samples[versus[key]], gains[key], adjusted[key], alpha) if key in versus else "baseline"
        )
        cells[key] = CellComparison(
            sample=samples[key],
            gain=gains.get(key),
            p_adjusted=adjusted.get(key, math.nan),
            permutation=permutation_p(values.get(key, ()), values.get(versus[key], ())) if key in versus else math.nan,
            dagger=outcome == "better",
            column_best=key in best,
            not_below_best=key in not_below,
            outcome=outcome,
        )
    pairs = [(key, versus[key]) for key in gains if not math.isnan(gains[key].p)]
    return TableComparison(cells, *reach(samples, pairs, alpha))


def gain(method: Sample, baseline: Sample, higher_is_better: bool = True) -> Difference:
    """The improvement of a method over its baseline in pp: positive is better, whatever the metric."""
    return welch(method, baseline) if higher_is_better else welch(baseline, method)


def usual_n(samples: Sequence[Sample]) -> int:
    """The most frequent number of runs, the smaller one in a tie, 0 for no samples."""
    counts = Counter(sample.n for sample in samples)
    return min(counts, key=lambda n: (-counts[n], n), default=0)


def reach(
    samples: Mapping[Key, Sample], tested: Sequence[tuple[Key, Key]], alpha: float = 0.05
) -> tuple[int, float, float, int]:
    """Family, smallest detectable difference, pooled sd and usual n of the comparisons that were ``tested``."""
    cells = dict.fromkeys(key for pair in tested for key in pair)
    compared = [samples[key] for key in cells if samples[key].state == "ok"]
    sd, n = pooled_sd(compared), usual_n(compared)
    return len(tested), smallest_detectable_difference(sd, n, len(tested), alpha=alpha), sd, n


def outcome_of(method: Sample, other: Sample, difference: Difference, p: float, alpha: float = 0.05) -> str:
    """What a comparison came to: 'better', 'worse', 'no difference found' or 'untested'.

    Parameters
    ----------
    difference
        Positive where ``method`` is better.
    p
        Adjusted.
    """
    if math.isnan(p):
        return "untested"
    if p > alpha:
        return "no difference found"
    if method.state != "ok" or other.state != "ok":
        return "untested"  # a small p that two runs or an sd of 0 made is no finding
    return "better" if difference.estimate > 0 else "worse"


def seeds_to_settle(outcome: str, difference: Difference, sd: float, family: int) -> int | None:
    """How many seeds per method would find a difference as large as the observed one with 80 % power in its family.

    ``None`` where a difference was found, nothing was tested, or no number can be named.
    """
    return seeds_needed(difference.estimate, sd, family) if outcome == "no difference found" else None


def _standings(
    samples: Mapping[Key, Sample], versus: Mapping[Key, Key], higher_is_better: bool, alpha: float
) -> tuple[set[Key], set[Key]]:
    """Which cells are the best of their column, and which are not significantly below it."""
    columns: dict[Key, list[Key]] = {}
    for key, sample in samples.items():
        if sample.state == "ok":
            columns.setdefault(versus.get(key, key), []).append(key)
    best: set[Key] = set()
    not_below: set[Key] = set()
    for column in columns.values():
        if len(column) < 2:
            continue  # the best of one is no best
        sign = 1 if higher_is_better else -1
        top = max(column, key=lambda key: (sign * samples[key].mean, -samples[key].sd, samples[key].n))
        others = [key for key in column if key != top]
        adjusted = holm([welch(samples[top], samples[key]).p for key in others])
        best |= {key for key in column if samples[key].mean == samples[top].mean}
        not_below |= best & set(column) | {key for key, p in zip(others, adjusted, strict=True) if p > alpha}
    return best, not_below
