"""Two one-sided tests: is a difference surely smaller than a margin that was fixed before?"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bench.stats.contrast import Contrast, between
from bench.stats.sample import Sample


@dataclass(frozen=True)
class Equivalence:
    """The result of TOST; p, low and high are NaN where nothing can be tested, and then nothing is equivalent.

    Attributes
    ----------
    p
        The larger of the two one-sided p-values.
    low, high
        The 90 % t interval in pp.
    margin
        In pp.
    equivalent
        Whether the interval lies inside the margin, which is the same as p < 0.05.
    """

    p: float
    low: float
    high: float
    margin: float
    equivalent: bool


def equivalence(a: Sample, b: Sample, margin: float) -> Equivalence:
    """Test whether two cells differ by less than ``margin`` pp.

    Raises
    ------
    ValueError
        When the margin is negative. (A NaN margin is one that nobody fixed: nothing is equivalent then.)

    Notes
    -----
    Schuirmann 1987 (J. Pharmacokinet. Biopharm. 15) with Welch's variances, as statsmodels' ``ttost_ind(usevar="unequal")``.
    """
    return tost(between(a, b), margin)


def tost(contrast: Contrast, margin: float) -> Equivalence:
    """Two one-sided tests of any contrast at level 0.05; see `equivalence`."""
    if margin < 0:
        raise ValueError(f"the margin is {margin} pp; it cannot be negative")
    low, high = contrast.interval(0.90)
    if math.isnan(low) or math.isnan(margin):
        return Equivalence(math.nan, low, high, margin, False)
    p = max(contrast.p_below(margin), 1 - contrast.p_below(-margin))
    return Equivalence(p, low, high, margin, -margin < low and high < margin)
