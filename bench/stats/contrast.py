"""A difference of means with the variance it was measured with: what every test and interval here is made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.stats.sample import Sample


@dataclass(frozen=True)
class Contrast:
    """A linear combination of independent means.

    Attributes
    ----------
    estimate
        In pp.
    terms
        One (variance of the estimate in pp squared, degrees of freedom) per independently estimated variance.
    gap
        Why nothing can be tested: 'missing', 'too few' or nothing.
    """

    estimate: float
    terms: tuple[tuple[float, float], ...]
    gap: str = ""

    @property
    def state(self) -> str:
        """'ok', 'too few', 'no spread' or 'missing'."""
        return self.gap or ("ok" if self.variance > 0 else "no spread")

    @property
    def variance(self) -> float:
        return math.fsum(variance for variance, _ in self.terms)

    @property
    def df(self) -> float:
        """Satterthwaite's degrees of freedom; NaN where nothing can be tested. Source: Welch 1947, Biometrika 34."""
        if self.state != "ok":
            return math.nan
        share = [(variance / self.variance, df) for variance, df in self.terms]
        return 1 / math.fsum(part * part / df for part, df in share)

    def interval(self, confidence: float) -> tuple[float, float]:
        """The two-sided t interval in pp; NaN where nothing can be tested."""
        if not 0 < confidence < 1:
            raise ValueError(f"confidence is {confidence}; it lies between 0 and 1")
        if self.state != "ok":
            return math.nan, math.nan
        from scipy.special import stdtrit

        half = float(stdtrit(self.df, 0.5 + confidence / 2)) * math.sqrt(self.variance)
        return self.estimate - half, self.estimate + half

    def p_below(self, value: float) -> float:
        """One-sided p of 'the true difference is below ``value``'; NaN where nothing can be tested."""
        if self.state != "ok":
            return math.nan
        from scipy.special import stdtr

        return float(stdtr(self.df, (self.estimate - value) / math.sqrt(self.variance)))

    def p_zero(self) -> float:
        """Two-sided p against a difference of 0; NaN where nothing can be tested."""
        if self.state != "ok":
            return math.nan
        from scipy.special import stdtr

        return float(2 * stdtr(self.df, -abs(self.estimate) / math.sqrt(self.variance)))


def between(a: Sample, b: Sample) -> Contrast:
    """Mean of ``a`` minus mean of ``b`` with Welch's variances."""
    if not (a.usable and b.usable):
        return Contrast(math.nan, (), "missing")
    estimate = a.mean - b.mean
    if min(a.n, b.n) < 2 or not (math.isfinite(a.sd) and math.isfinite(b.sd)):
        return Contrast(estimate, (), "too few")
    return Contrast(estimate, ((a.sd**2 / a.n, a.n - 1), (b.sd**2 / b.n, b.n - 1)))


def mean_of(sample: Sample) -> Contrast:
    """The mean of one sample with its variance."""
    if not sample.usable:
        return Contrast(math.nan, (), "missing")
    if sample.n < 2 or not math.isfinite(sample.sd):
        return Contrast(sample.mean, (), "too few")
    return Contrast(sample.mean, ((sample.sd**2 / sample.n, sample.n - 1),))


def combine(weighted: Sequence[tuple[float, Contrast]]) -> Contrast:
    """The weighted sum of independent contrasts; what one of them lacks, the sum lacks."""
    estimate = math.fsum(weight * part.estimate for weight, part in weighted)
    gaps = {part.gap for _, part in weighted}
    gap = next((name for name in ("missing", "too few") if name in gaps), "" if weighted else "missing")
    if gap:
        return Contrast(math.nan if gap == "missing" else estimate, (), gap)
    return Contrast(
        estimate, tuple((weight * weight * variance, df) for weight, part in weighted for variance, df in part.terms)
    )
