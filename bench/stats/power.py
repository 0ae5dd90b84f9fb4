"""What a number of runs can find, and how many runs a difference needs."""

from __future__ import annotations

import math
from collections.abc import Iterable

from bench.stats.sample import Sample


def power_of(effect: float, n: int, alpha: float) -> float:
    """Power of the two-sided t test of two arms of ``n`` runs each.

    Parameters
    ----------
    effect
        The true difference in units of the sd that both arms share.
    n
        Runs in each arm, at least 2.
    alpha
        Level of this one test.
    """
    from scipy.special import nctdtr, stdtrit

    df = 2 * n - 2
    threshold = float(stdtrit(df, 1 - alpha / 2))
    shift = abs(effect) * math.sqrt(n / 2)
    wrong_side = float(nctdtr(df, shift, -threshold))
    return float(1 - nctdtr(df, shift, threshold)) + (
        0.0 if math.isnan(wrong_side) else wrong_side
    )  # scipy gives NaN for a vanishing tail


def smallest_detectable_difference(sd: float, n: int, family: int, power: float = 0.8, alpha: float = 0.05) -> float:
    """The smallest true difference in pp that a comparison finds with this power, as the first of its Holm family.

    Parameters
    ----------
    sd
        Of a run, in pp, the same in both arms.
    n
        Runs in each arm.
    family
        How many comparisons share the correction; the first step of Holm tests at alpha / family.

    Returns
    -------
    float
        NaN when the sd is unknown, n is below 2 or the family is empty; 0 when the sd is 0.

    Notes
    -----
    Noncentral t, as statsmodels' ``TTestIndPower``. It is the worst case of Holm: later steps need less.
    """
    _check(power, alpha)
    if not math.isfinite(sd) or sd < 0 or n < 2 or family < 1:
        return math.nan
    from scipy.optimize import brentq

    level = alpha / family
    top = 1.0
    while power_of(top, n, level) < power:
        top *= 2
    return sd * float(brentq(lambda effect: power_of(effect, n, level) - power, 0.0, top, xtol=1e-9))


def seeds_needed(
    difference: float, sd: float, family: int = 1, power: float = 0.8, alpha: float = 0.05, most: int = 10_000
) -> int | None:
    """How many seeds in each arm find a true difference of ``difference`` pp.

    Returns
    -------
    int | None
        At least 2; ``None`` when ``most`` do not suffice or when difference or sd is 0 or unknown.
    """
    _check(power, alpha)
    if not (math.isfinite(difference) and math.isfinite(sd)) or difference == 0 or sd <= 0 or family < 1:
        return None
    effect, level = abs(difference) / sd, alpha / family
    if power_of(effect, most, level) < power:
        return None
    low, high = 1, most  # low does not suffice, high does
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power_of(effect, middle, level) >= power else (middle, high)
    return high


def pooled_sd(samples: Iterable[Sample]) -> float:
    """The root of the mean variance within cells, weighted by degrees of freedom; NaN when no cell has an sd."""
    known = [sample for sample in samples if sample.usable and sample.n >= 2 and math.isfinite(sample.sd)]
    if not known:
        return math.nan
    squares = math.fsum((sample.n - 1) * sample.sd**2 for sample in known)
    return math.sqrt(squares / sum(sample.n - 1 for sample in known))


def _check(power: float, alpha: float) -> None:
    if not 0 < alpha < power < 1:
        raise ValueError(f"alpha is {alpha} and power {power}; they need 0 < alpha < power < 1")
