"""What a number of runs can find, and how many runs a difference needs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from bench.stats.sample import Sample

if TYPE_CHECKING:
    import numpy as np

NODES = 64  # of the quadrature over the ratio of the two sample variances


def power_of(effect: float, n: int, alpha: float, equal_var: bool = False) -> float:
    """Power of the two-sided t test of two methods of ``n`` runs each with one true sd.

    Parameters
    ----------
    effect
        The true difference in units of that sd.
    n
        Runs of each method, at least 2.
    alpha
        Level of this one test.
    equal_var
        False for Welch's test, which the reports make; True for Student's, the textbooks' and statsmodels' number.

    Notes
    -----
    With equally many runs both tests share their statistic, a noncentral t with 2n - 2 degrees of freedom; Welch's threshold
    depends on the ratio of the sample variances alone, which is independent of it. Averaging over that ratio is exact.
    """
    import numpy as np
    from scipy.special import nctdtr, stdtrit

    df, weight = (np.array([2.0 * n - 2]), np.ones(1)) if equal_var else _welch_df(n)
    threshold = stdtrit(df, 1 - alpha / 2)
    shift = abs(effect) * math.sqrt(n / 2)
    # scipy gives NaN for a vanishing tail.
    found = 1 - np.nan_to_num(nctdtr(2 * n - 2, shift, threshold))
    wrong_side = np.nan_to_num(nctdtr(2 * n - 2, shift, -threshold))
    return float(weight @ (found + wrong_side))


def smallest_detectable_difference(
    sd: float, n: int, family: int, power: float = 0.8, alpha: float = 0.05, equal_var: bool = False
) -> float:
    """The smallest true difference in pp that a comparison finds with this power, as the first of its Holm family.

    Parameters
    ----------
    sd
        Of a run, in pp, the same for both methods.
    n
        Runs of each method.
    family
        How many comparisons share the correction; the first step of Holm tests at alpha / family.
    equal_var
        False for Welch's test, which the reports make; True for Student's.

    Returns
    -------
    float
        NaN when the sd is unknown, n is below 2 or the family is empty; 0 when the sd is 0.

    Notes
    -----
    It is the worst case of Holm: later steps need less.
    """
    _check(power, alpha)
    if not math.isfinite(sd) or sd < 0 or n < 2 or family < 1:
        return math.nan
    return sd * _detectable_effect(n, alpha / family, power, equal_var)


def seeds_needed(
    difference: float,
    sd: float,
    family: int = 1,
    power: float = 0.8,
    alpha: float = 0.05,
    most: int = 10_000,
    equal_var: bool = False,
) -> int | None:
    """How many seeds per method find a true difference of ``difference`` pp.

    The parameters are those of `smallest_detectable_difference`.

    Returns
    -------
    int | None
        At least 2; ``None`` when ``most`` do not suffice or when difference or sd is 0 or unknown.
    """
    _check(power, alpha)
    if not (math.isfinite(difference) and math.isfinite(sd)) or difference == 0 or sd <= 0 or family < 1:
        return None
    effect, level = abs(difference) / sd, alpha / family
    if power_of(effect, most, level, equal_var) < power:
        return None
    low, high = 1, most  # low does not suffice, high does
    while high - low > 1:
        middle = (low + high) // 2
        enough = power_of(effect, middle, level, equal_var) >= power
        low, high = (low, middle) if enough else (middle, high)
    return high


def pooled_sd(samples: Iterable[Sample]) -> float:
    """The root of the mean variance within cells, weighted by degrees of freedom; NaN when no cell has an sd."""
    known = [sample for sample in samples if sample.usable and sample.n >= 2 and math.isfinite(sample.sd)]
    if not known:
        return math.nan
    squares = math.fsum((sample.n - 1) * sample.sd**2 for sample in known)
    return math.sqrt(squares / sum(sample.n - 1 for sample in known))


@lru_cache(maxsize=256)
def _detectable_effect(n: int, level: float, power: float, equal_var: bool) -> float:
    from scipy.optimize import brentq

    top = 1.0
    while power_of(top, n, level, equal_var) < power:
        top *= 2
    return float(brentq(lambda effect: power_of(effect, n, level, equal_var) - power, 0.0, top, xtol=1e-9))


@lru_cache(maxsize=64)
def _welch_df(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes of Welch's degrees of freedom and their weights, for two methods of ``n`` runs with one true sd.

    The first method's share of the two sample variances, r, is Beta(v/2, v/2) with v = n - 1, and df is
    v / (r^2 + (1 - r)^2). With r = sin^2(angle) the density is sin(2 angle)^(v - 1), symmetric about pi/4 and without a pole.
    """
    import numpy as np

    node, weight = np.polynomial.legendre.leggauss(NODES)
    angle = (node + 1) * math.pi / 8
    weight = weight * np.sin(2 * angle) ** (n - 2)
    share = np.sin(angle) ** 2
    return (n - 1) / (share**2 + (1 - share) ** 2), weight / weight.sum()


def _check(power: float, alpha: float) -> None:
    if not 0 < alpha < power < 1:
        raise ValueError(f"alpha is {alpha} and power {power}; they need 0 < alpha < power < 1")
