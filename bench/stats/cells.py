"""Across cells: the pooled difference, what pictures show, and what may be said about new settings."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bench.stats.contrast import between, combine
from bench.stats.difference import Difference, describe
from bench.stats.sample import Sample

Method = TypeVar("Method", bound=Hashable)
FEWEST_CELLS = 6


def pooled_difference(pairs: Sequence[tuple[Sample, Sample]]) -> Difference:
    """The mean over cells of the difference a - b in pp, about these very cells.

    Parameters
    ----------
    pairs
        One (method, baseline) per cell, shape (K,); all of them are taken as independent.

    Notes
    -----
    SE = sqrt(sum of Welch variances) / K, Satterthwaite df. What one cell lacks, the whole lacks:
    no cell is dropped in silence.
    """
    return describe(combine([(1 / len(pairs), between(a, b)) for a, b in pairs]))


def probability_of_improvement(
    pairs: Sequence[tuple[Sequence[float], Sequence[float]]], higher_is_better: bool = True
) -> float:
    """P(A>B) averaged over cells: how often a run of A beats a run of B of the same cell, ties counted half.

    A picture, not a test. A cell with a missing or diverged run is in no mean; NaN for none.

    Parameters
    ----------
    pairs
        Per-run values (a, b) of each cell, shapes (n,) and (m,).

    Notes
    -----
    Agarwal et al. 2021 (NeurIPS), 'Deep RL at the edge of the statistical precipice'.
    """
    shares = []
    for a, b in pairs:
        if not (len(a) and len(b) and all(map(math.isfinite, [*a, *b]))):
            continue
        wins = sum((x > y) if higher_is_better else (x < y) for x in a for y in b)
        ties = sum(x == y for x in a for y in b)
        shares.append((wins + ties / 2) / (len(a) * len(b)))
    return math.fsum(shares) / len(shares) if shares else math.nan


def performance_profile(
    scores: Mapping[Method, Sequence[Sequence[float]]], thresholds: Sequence[float]
) -> Mapping[Method, tuple[float, ...]]:
    """The share of runs that reach each threshold, every cell weighing the same; a picture, not a test.

    Parameters
    ----------
    scores
        Per-run values of each method's cells, shape (cells, runs), on one scale for all cells and the higher the better (gains
        over the baseline in pp, say). A diverged run (NaN) reaches nothing, and neither does an empty cell.
    thresholds
        Shape (t,), in the scores' unit.
    """

    def share(cells: Sequence[Sequence[float]], threshold: float) -> float:
        reached = [sum(x >= threshold for x in runs) / max(len(runs), 1) for runs in cells]
        return math.fsum(reached) / len(reached) if reached else math.nan

    return {method: tuple(share(cells, threshold) for threshold in thresholds) for method, cells in scores.items()}


@dataclass(frozen=True)
class PairedOverCells:
    """A statement about new settings: differences of K pairs of cell means; NaN throughout where ``reason`` says why not.

    Attributes
    ----------
    estimate, low, high
        Mean difference a - b in pp and its 95 % t interval over cells.
    t_p, wilcoxon_p
        Two-sided p of the paired t and of the exact Wilcoxon signed-rank test.
    cells
        K.
    reason
        Empty where the tests were made.
    """

    estimate: float
    low: float
    high: float
    t_p: float
    wilcoxon_p: float
    cells: int
    reason: str = ""


def paired_over_cells(gains: Sequence[float], unit: str = "cell") -> PairedOverCells:
    """Compare two methods by the differences of their cell means (pp), shape (K,); needs at least six cells.

    ``unit`` is what a cell is called.
    """
    summary = Sample.of(gains)
    reason = ""
    if len(gains) < FEWEST_CELLS:
        units = f"{len(gains)} {unit}{' is' if len(gains) == 1 else 's are'}"
        reason = f"{units} too few for a statement about new settings; it needs {FEWEST_CELLS}"
    elif not summary.usable:
        reason = "a cell has no finite mean"
    elif summary.sd == 0:
        reason = "the difference is the same in every cell, so nothing can be tested"
    if reason:
        return PairedOverCells(summary.mean, math.nan, math.nan, math.nan, math.nan, len(gains), reason)
    from scipy.stats import ttest_1samp, wilcoxon

    test = ttest_1samp(gains, 0.0)
    interval = test.confidence_interval(0.95)
    signed = float(wilcoxon(gains).pvalue)
    return PairedOverCells(summary.mean, float(interval.low), float(interval.high), float(test.pvalue), signed, len(gains))
