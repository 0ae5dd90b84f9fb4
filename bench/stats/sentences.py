"""The few sentences that the reports speak, one function each; every one has a golden test."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from bench.stats.difference import Difference
from bench.stats.equivalence import Equivalence
from bench.stats.sample import Reported


@dataclass(frozen=True)
class Tally:
    """How many comparisons ended in which way."""

    better: int = 0
    worse: int = 0
    undecided: int = 0
    untested: int = 0

    @classmethod
    def of(cls, outcomes: Iterable[str]) -> Tally:
        """Count the outcomes of a `compare_table`; baselines are no comparisons and do not count."""
        count = Counter(outcomes)
        return cls(count["better"], count["worse"], count["no difference found"], count["untested"])

    @property
    def total(self) -> int:
        return self.better + self.worse + self.undecided + self.untested


def comparison_headline(tally: Tally, other: str, unit: str, smallest_difference: float) -> str:
    """What a comparison found, in one sentence.

    Parameters
    ----------
    tally
        Of the Holm-adjusted outcomes.
    other
        The method compared against, as the table names it.
    unit
        What was counted, in the plural where it is several ('backbones').
    smallest_difference
        In pp, from `compare_table`; NaN leaves that part out.
    """
    tested = tally.total - tally.untested
    if not tested:
        return f"no comparison with {other} could be tested ({tally.untested} {unit})"
    if tally.better:
        parts = [f"better than {other} on {tally.better} of {tally.total} {unit}, Holm-adjusted"]
    else:
        where = f"any of {tally.total} {unit}" if tally.total > 1 else f"the one {unit}"
        parts = [f"not found better than {other} on {where}, Holm-adjusted"]
    if tally.worse:
        parts.append(f"worse on {tally.worse}")
    if tally.undecided:
        parts.append(f"no difference found on {tally.undecided}")
    if tally.untested:
        parts.append(f"not testable on {tally.untested}")
    if math.isfinite(smallest_difference):
        parts.append(f"the table could have found {smallest_difference:.1f} pp")
    return "; ".join(parts)


def detectable_sentence(smallest_difference: float, family: int, n: int, sd: float) -> str:
    """What a table could have found; ``smallest_difference`` and the pooled ``sd`` in pp."""
    if not family:
        return "No comparison of this table could be tested."
    if not math.isfinite(smallest_difference):
        return "No comparison of this table has three runs with some spread on both sides, so no difference can be found."
    family_words = f"Holm over {family} comparisons" if family > 1 else "one comparison"
    return (
        f"With {n} runs per cell and a pooled sd of {sd:.2f} pp, a comparison of this table finds a true difference of "
        f"{smallest_difference:.1f} pp with 80 % power ({family_words})."
    )


def seeds_sentence(difference: float, seeds: int | None, most: int = 10_000) -> str:
    """How many seeds would settle a comparison whose true difference is ``difference`` pp."""
    if not math.isfinite(difference) or difference == 0:
        return "No number of seeds can be named for this comparison."
    if seeds is None:
        return (
            f"No number of seeds up to {most} is known to find a true difference of {abs(difference):.2f} pp with 80 % power."
        )
    return f"If the true difference is {abs(difference):.2f} pp, {seeds} seeds per method find it with 80 % power."


def reproduced_sentence(subject: str, difference: Difference, test: Equivalence, caveat: str = "") -> str:
    """The 90 % interval lies inside the margin; says so too where the difference is nevertheless not 0."""
    nonzero = ""
    if difference.low > 0 or difference.high < 0:
        nonzero = (
            f" The difference is not 0 (95 % CI {_interval(difference.low, difference.high)}), but smaller than the margin."
        )
    return (
        f"Our {subject} differs from the paper's by {difference.estimate:+.2f} pp; the 90 % CI "
        f"{_interval(test.low, test.high)} lies inside the margin of {test.margin:.2f} pp.{nonzero}{caveat}"
    )


def unsettled_sentence(subject: str, difference: Difference, test: Equivalence, caveat: str = "") -> str:
    """The 95 % interval contains 0, but the two are not shown to be equal."""
    start = (
        f"Our {subject} differs from the paper's by {difference.estimate:+.2f} pp; the 95 % CI "
        f"{_interval(difference.low, difference.high)} contains 0"
    )
    if math.isnan(test.margin):
        return f"{start}, and no margin was fixed to call it reproduced.{caveat}"
    return (
        f"{start}, but the 90 % CI {_interval(test.low, test.high)} is not inside the margin of {test.margin:.2f} pp.{caveat}"
    )


def differing_sentence(subject: str, difference: Difference, better: bool, caveat: str = "") -> str:
    """The 95 % interval excludes 0."""
    where = "above" if difference.estimate > 0 else "below"
    return (
        f"Our {subject} is {abs(difference.estimate):.2f} pp {where} the paper's (95 % CI "
        f"{_interval(difference.low, difference.high)}), which is {'better' if better else 'worse'}.{caveat}"
    )


def incomparable_sentence(reason: str) -> str:
    """Why a number of ours is not compared with the paper's."""
    return f"Not comparable: {reason}."


def missing_sentence(what: str) -> str:
    """Which number is not there."""
    return f"Missing: {what}."


def diverged_sentence() -> str:
    """A training has no finite result."""
    return "Diverged: a training of ours ended without a finite value."


def caveat_sentence(*numbers: Reported) -> str:
    """How an incomplete printed number was treated; starts with a space, empty where the paper prints mean, sd and n."""
    parts = ""
    if any(number.n is None for number in numbers):
        parts += " The paper does not say how many runs it averages: treated as one."
    if any(not number.has_sd for number in numbers):
        parts += " The paper prints no sd: ours stands for both sides."
    return parts


def _interval(low: float, high: float) -> str:
    return f"[{low:+.2f}, {high:+.2f}]"
