"""What the runs at hand can find: chances of findings and verdicts from each comparison's own spreads, and plans of seeds."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from bench.stats.sample import Sample

if TYPE_CHECKING:
    import numpy as np

NODES = 24  # of each of the two sample variances
MOST_SEEDS = 1000
POWER = 0.8


@dataclass(frozen=True)
class Spreads:
    """Two methods as a plan sees them: true sds of a run in pp, and how many runs each has."""

    sd: float
    n: int
    other_sd: float
    other_n: int

    @classmethod
    def of(cls, method: Sample, other: Sample) -> Spreads:
        """The sds at hand taken for the true ones."""
        return cls(method.sd, method.n, other.sd, other.n)

    def with_seeds(self, n: int) -> Spreads:
        """The same methods with ``n`` runs each."""
        return Spreads(self.sd, n, self.other_sd, n)

    @property
    def known(self) -> bool:
        """Whether there is anything to compute from."""
        return min(self.n, self.other_n) >= 2 and self.variance > 0 and math.isfinite(self.variance)

    @property
    def variance(self) -> float:
        """Of the difference of the two means, in pp squared."""
        return self.sd**2 / self.n + self.other_sd**2 / self.other_n


def judged_spreads(pairs: Iterable[tuple[Sample, Sample]]) -> list[Spreads]:
    """Of the comparisons that are judged."""
    return [Spreads.of(method, other) for method, other in pairs if method.judged and other.judged]


@dataclass(frozen=True)
class PrintedGain:
    """A gain that a paper prints, in pp, with its variance and Satterthwaite's df; variance 0 where it prints no spread."""

    value: float
    variance: float = 0.0
    df: float = math.inf


def chance_found(effect: float, spreads: Spreads, level: float = 0.05) -> float:
    """The chance that Welch's two-sided test at ``level`` finds a true difference of ``effect`` pp, on its right side.

    Notes
    -----
    Exact but for the quadrature: given the two sample variances the finding is a threshold on the normal difference of means,
    and they are independent of it. ``level`` is alpha over the family for the first, strictest step of Holm.
    """
    if not spreads.known or math.isnan(effect):
        return math.nan
    return _above(abs(effect), _found_from(spreads, level), spreads)


def detectable(spreads: Spreads, level: float = 0.05) -> float:
    """The smallest true difference in pp that is found with 80 % power; NaN where there is nothing to compute from."""
    return _smallest(_found_from(spreads, level), spreads) if spreads.known else math.nan


@dataclass(frozen=True)
class ConfirmationPlan:
    """What it takes to confirm a printed gain, at the first step of Holm; computed when asked for.

    Attributes
    ----------
    family
        How many tests of 'above 0' are corrected together; 'more than half' is a test of this cell alone.
    size
        False asks for `direction confirmed`, which does not judge how large the gain is.
    """

    printed: PrintedGain
    spreads: Spreads
    family: int = 1
    alpha: float = 0.05
    size: bool = True

    @property
    def chance(self) -> float:
        """With the runs at hand, if the true gain is the printed one; NaN where there is nothing to compute from."""
        if not self._known:
            return math.nan
        needed = _found_from(self.spreads, self.alpha / self.family)
        if self.size:
            import numpy as np

            needed = np.maximum(needed, _half_from(self.printed, self.spreads, self.alpha))
        return _above(self.printed.value, needed, self.spreads)

    @property
    def seeds(self) -> int | None:
        """How many per method make the chance 80 %; ``None`` where `MOST_SEEDS` do not.

        A printed gain whose own standard error is large is never confirmed, however many seeds there are.
        """
        return _fewest(lambda n: replace(self, spreads=self.spreads.with_seeds(n)).chance) if self._known else None

    @property
    def _known(self) -> bool:
        return self.spreads.known and self.printed.value > 0


def seeds_to_find(effect: float, comparisons: Sequence[Spreads], level: float = 0.05) -> int | None:
    """How many seeds per method find a true difference of ``effect`` pp with 80 % power, on average over comparisons.

    ``None`` where `MOST_SEEDS` do not.
    """
    known = [spreads for spreads in comparisons if spreads.known]
    if not known or not abs(effect) > 0:
        return None

    def chance(n: int) -> float:
        return math.fsum(chance_found(effect, spreads.with_seeds(n), level) for spreads in known) / len(known)

    return _fewest(chance)


def chance_equivalent(margin: float, spreads: Spreads, level: float = 0.05) -> float:
    """The chance that two one-sided tests at ``level`` show two equal means to be equivalent; ``margin`` in pp."""
    import numpy as np
    from scipy.special import ndtr

    if not spreads.known or not margin > 0:
        return math.nan
    error, df, weight = _grid(spreads)
    room = np.maximum(margin - _t(df, 1 - level) * error, 0.0)
    return float(weight @ (2 * ndtr(room / math.sqrt(spreads.variance)) - 1))


@dataclass(frozen=True)
class Reach:
    """What a group of comparisons finds with 80 % power: median and range of the true difference in pp.

    ``comparisons`` are those that it was computed from.
    """

    median: float
    smallest: float
    largest: float
    comparisons: int


def reach_of(families: Iterable[tuple[Iterable[tuple[Sample, Sample]], int]], alpha: float = 0.05) -> Reach | None:
    """The reach of comparisons (of one dataset, say), each from its own spreads; ``None`` where none is judged.

    Parameters
    ----------
    families
        Comparisons, and how many are corrected together with them.
    """
    import statistics

    found = sorted(detectable(each, alpha / max(size, 1)) for pairs, size in families for each in judged_spreads(pairs))
    return Reach(statistics.median(found), found[0], found[-1], len(found)) if found else None


def mean_chance_found(effect: float, pairs: Iterable[tuple[Sample, Sample]], family: int, alpha: float = 0.05) -> float:
    """How often a true difference of ``effect`` pp would be found, averaged over these comparisons; NaN for none."""
    chances = [chance_found(effect, each, alpha / max(family, 1)) for each in judged_spreads(pairs)]
    return math.fsum(chances) / len(chances) if chances else math.nan


def _found_from(spreads: Spreads, level: float) -> np.ndarray:
    """The observed difference from which on it is significant, per pair of sample variances."""
    error, df, _ = _grid(spreads)
    return _t(df, 1 - level / 2) * error


def _half_from(printed: PrintedGain, spreads: Spreads, level: float) -> np.ndarray:
    """The observed gain from which on it is significantly more than half of the printed one, one-sided."""
    import numpy as np

    error, df, _ = _grid(spreads)
    theirs = printed.variance / 4
    variance = error**2 + theirs
    df = variance**2 / (error**4 / df + theirs**2 / printed.df)
    return printed.value / 2 + _t(df, 1 - level) * np.sqrt(variance)


def _above(effect: float, needed: np.ndarray, spreads: Spreads) -> float:
    from scipy.special import ndtr

    _, _, weight = _grid(spreads)
    return float(weight @ ndtr((effect - needed) / math.sqrt(spreads.variance)))


def _smallest(needed: np.ndarray, spreads: Spreads) -> float:
    from scipy.optimize import brentq

    top = math.sqrt(spreads.variance)
    while _above(top, needed, spreads) < POWER:
        top *= 2
    return float(brentq(lambda effect: _above(effect, needed, spreads) - POWER, 0.0, top, xtol=1e-9))


def _fewest(chance: Callable[[int], float]) -> int | None:
    """The smallest number of seeds whose chance reaches the power; it grows with their number."""
    seeds = range(2, MOST_SEEDS + 1)
    place = bisect_left(seeds, POWER, key=chance)
    return seeds[place] if place < len(seeds) else None


@lru_cache(maxsize=512)
def _grid(spreads: Spreads) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Standard error, Satterthwaite's df and weight of each pair of sample variances, shape (nodes squared,)."""
    import numpy as np

    share, weight = _chi_square(spreads.n - 1)
    other_share, other_weight = _chi_square(spreads.other_n - 1)
    mine = (spreads.sd**2 / spreads.n * share)[:, None]
    theirs = (spreads.other_sd**2 / spreads.other_n * other_share)[None, :]
    variance = mine + theirs
    df = variance**2 / (mine**2 / (spreads.n - 1) + theirs**2 / (spreads.other_n - 1))
    return np.sqrt(variance).ravel(), df.ravel(), (weight[:, None] * other_weight[None, :]).ravel()


@lru_cache(maxsize=256)
def _chi_square(df: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights for the mean of a function of chi-square over its df: Gauss-Legendre on the scale of quantiles."""
    import numpy as np
    from scipy.special import gammaincinv

    node, weight = np.polynomial.legendre.leggauss(NODES)
    return 2 * gammaincinv(df / 2, (node + 1) / 2) / df, weight / 2


def _t(df: np.ndarray, probability: float) -> np.ndarray:
    from scipy.special import stdtrit

    return stdtrit(df, probability)  # type: ignore[no-any-return]
