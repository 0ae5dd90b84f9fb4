"""Method against baseline inside a cell: Welch's t with its interval and effect sizes, and the exact permutation test."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING

from bench.stats.contrast import Contrast, between
from bench.stats.sample import Sample

if TYPE_CHECKING:
    import numpy as np

MOST_SPLITS = 200_000  # 10 against 10 runs have 184 756


@dataclass(frozen=True)
class Difference:
    """A difference of two means and what can be said about it; what cannot be said is NaN.

    Attributes
    ----------
    estimate, low, high
        In pp, with the two-sided 95 % t interval.
    p, df
        Two-sided p against 0 and its (Satterthwaite) degrees of freedom.
    hedges_g
        Difference in units of the pooled sd, corrected for small samples.
    superiority
        Probability that a run of the first exceeds a run of the second, for normal runs.
    state
        'ok'; 'too few' (a side has no sd); 'no spread' (both sds are 0); 'missing' (a side has no finite mean).
    """

    estimate: float
    low: float
    high: float
    p: float
    df: float
    hedges_g: float
    superiority: float
    state: str = "ok"


def welch(a: Sample, b: Sample) -> Difference:
    """Compare two cells by Welch's t: ``a`` minus ``b``.

    The test does not pair runs of equal seed: their correlation, where there is one, makes it slightly conservative, and
    pairing would cost more degrees of freedom than it gains below r = 0.6. It never raises for what is
    missing: see ``Difference.state``.

    Notes
    -----
    Welch 1947 (Biometrika 34) for the test; Hedges 1981 (J. Educ. Stat. 6) for g, with the exact gamma-function
    correction; McGraw and Wong 1992 (Psychol. Bull. 111) for P(A>B).
    """
    return describe(between(a, b), hedges_g(a, b), superiority(a, b))


def describe(contrast: Contrast, g: float = math.nan, above: float = math.nan) -> Difference:
    """Spell out a contrast, with the effect sizes that only two plain samples have."""
    low, high = contrast.interval(0.95)
    return Difference(contrast.estimate, low, high, contrast.p_zero(), contrast.df, g, above, contrast.state)


def hedges_g(a: Sample, b: Sample) -> float:
    """Standardised difference of two samples; NaN without spread."""
    if between(a, b).state != "ok":
        return math.nan
    df = a.n + b.n - 2
    pooled = math.sqrt(((a.n - 1) * a.sd**2 + (b.n - 1) * b.sd**2) / df)
    correction = math.exp(math.lgamma(df / 2) - math.lgamma((df - 1) / 2)) / math.sqrt(df / 2)
    return (a.mean - b.mean) / pooled * correction


def superiority(a: Sample, b: Sample) -> float:
    """P(A>B) of a run each, for normal runs with these means and sds; NaN without spread."""
    if between(a, b).state != "ok":
        return math.nan
    return 0.5 * math.erfc(-(a.mean - b.mean) / math.sqrt(2 * (a.sd**2 + b.sd**2)))


def permutation_p(a: Sequence[float], b: Sequence[float]) -> float:
    """Exact two-sample permutation test of the difference of means, two-sided by its absolute value.

    Parameters
    ----------
    a, b
        Per-run values, shapes (n,) and (m,).

    Returns
    -------
    float
        NaN when a side is empty, holds a NaN, or when there are more than 200 000 splits (beyond 10 against 10 runs).
    """
    import numpy as np

    values = np.asarray([*a, *b], dtype=float)
    size, total = len(a), len(values)
    if not 0 < size < total or not np.isfinite(values).all() or math.comb(total, size) > MOST_SPLITS:
        return math.nan
    values = values - values.mean()
    means = values[_splits(total, size)].mean(axis=1)
    differences = np.abs(means) * total / (total - size)  # the other side's mean follows, because all sum to 0
    observed = abs(values[:size].mean()) * total / (total - size)
    slack = 1e-9 * max(float(np.abs(values).max()), 1e-300)  # equal splits differ by rounding
    return float(np.mean(differences >= observed - slack))


def seed_correlation(pairs: Sequence[tuple[Sequence[float], Sequence[float]]]) -> tuple[float, int, float]:
    """The correlation of two methods over equal seeds, averaged over pairs; of how many pairs; and how far chance alone goes.

    The last is 1.96 standard errors of such a mean where nothing correlates (Var r = 1 / (n - 1)), pairs taken as independent.

    Parameters
    ----------
    pairs
        Two methods' values seed by seed, shapes (n,) and (n,). Pairs of fewer than three seeds, with a NaN or without spread
        have none; NaN where no pair has one.
    """
    judged = [
        (first, second)
        for first, second in pairs
        if len(first) == len(second) >= 3 and Sample.of(first).judged and Sample.of(second).judged
    ]
    if not judged:
        return math.nan, 0, math.nan
    mean = math.fsum(statistics.correlation(first, second) for first, second in judged) / len(judged)
    chance = 1.96 * math.sqrt(math.fsum(1 / (len(first) - 1) for first, _ in judged)) / len(judged)
    return mean, len(judged), chance


@lru_cache(maxsize=16)
def _splits(total: int, size: int) -> np.ndarray:
    import numpy as np

    return np.array(list(combinations(range(total), size)), dtype=np.intp)
