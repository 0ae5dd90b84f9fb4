"""Methods compared two by two, in families: what tables and comparisons with a new method have in common."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from bench.stats.correction import holm_in_families
from bench.stats.difference import Difference, permutation_p, welch
from bench.stats.sample import Measured, Sample

Key = TypeVar("Key", bound=Hashable)
Column = TypeVar("Column", bound=Hashable)
Method = TypeVar("Method", bound=Hashable)
Outcome = Literal["better", "worse", "open", "not judged"]
OWN, OTHERS = "own", "others"  # a paper's claim is about its own methods; the rest stands beside it


@dataclass(frozen=True)
class Pairwise:
    """A method against another in one column.

    Attributes
    ----------
    difference
        In pp, positive where the method is better (also for error rates). Its interval is of this difference alone, not
        corrected. Of a pair that is not judged it holds the estimate and nothing else.
    p_adjusted
        Two-sided, Holm-adjusted in its family; NaN where the pair is not judged.
    permutation
        Exact two-sided permutation p, unadjusted; NaN where the runs' values are not known.
    outcome
        'better' and 'worse' are significant in the family, 'open' is neither.
    reason
        Why the pair is not judged: the state of the side that cannot carry a test ('two runs', 'no spread'...).
    family
        The name of its family.
    """

    difference: Difference
    p_adjusted: float
    permutation: float
    outcome: Outcome
    reason: str = ""
    family: str = ""


def pairwise(
    pairs: Mapping[Key, tuple[Measured, Measured]],
    family_of: Mapping[Key, str] | None = None,
    higher_is_better: bool = True,
    alpha: float = 0.05,
) -> dict[Key, Pairwise]:
    """Test each (method, other) by Welch's t, Holm-adjusted in its family.

    Parameters
    ----------
    pairs
        In percent. A pair is judged where both sides have three finite runs with some spread; the others count in no family.
    family_of
        The family of each pair; one for all where absent.
    higher_is_better
        False for error rates.
    alpha
        Family-wise level.
    """
    families = family_of or {}
    differences: dict[Key, Difference] = {}
    reasons: dict[Key, str] = {}
    for key, (method, other) in pairs.items():
        reasons[key] = unjudged(method.sample, other.sample)
        found = gain(method.sample, other.sample, higher_is_better)
        differences[key] = estimate_alone(found, reasons[key]) if reasons[key] else found
    adjusted = holm_in_families({key: found.p for key, found in differences.items()}, families)
    return {
        key: Pairwise(
            difference=differences[key],
            p_adjusted=adjusted[key],
            permutation=permutation_p(method.values, other.values),
            outcome=outcome_of(differences[key].estimate, adjusted[key], alpha),
            reason=reasons[key],
            family=families.get(key, ""),
        )
        for key, (method, other) in pairs.items()
    }


def against_baselines(
    cells: Mapping[Key, Measured],
    baseline_of: Mapping[Key, Key],
    own: Collection[Key] = (),
    higher_is_better: bool = True,
    alpha: float = 0.05,
) -> dict[Key, Pairwise]:
    """Test every method of a table against the baseline of its column, its own methods in one family, the others in another.

    Parameters
    ----------
    cells
        In percent; an absent cell is missing.
    baseline_of
        The baseline of each cell; a baseline is absent or its own.
    own
        The cells of the paper's own methods.
    """
    missing = Measured.of(())
    pairs = {key: (cells.get(key, missing), cells.get(base, missing)) for key, base in baseline_of.items() if key != base}
    return pairwise(pairs, {key: OWN if key in own else OTHERS for key in pairs}, higher_is_better, alpha)


def own_against_best_rival(
    columns: Mapping[Column, Mapping[Method, Measured]],
    own: Collection[Method],
    baseline: Method | None = None,
    higher_is_better: bool = True,
    alpha: float = 0.05,
) -> dict[tuple[Column, Method], Pairwise]:
    """Test each own method against the best rival of its column, which is what a paper claims; none where no rival is judged.

    Parameters
    ----------
    columns
        The cells of each column by method, in percent.
    own
        The paper's own methods.
    baseline
        Is no rival.

    Notes
    -----
    One family: own methods x columns. The rival is the best by the very numbers that are tested, so its mean is too good by
    chance: 'better' is a strong statement, 'worse' a weak one.
    """
    best = {
        column: best_of(
            {name: cell.sample for name, cell in cells.items() if name not in own and name != baseline}, higher_is_better
        )
        for column, cells in columns.items()
    }
    pairs = {
        (column, name): (cell, cells[best[column][0]])
        for column, cells in columns.items()
        for name, cell in cells.items()
        if best[column] and name in own
    }
    return pairwise(pairs, {}, higher_is_better, alpha)


def best_of(samples: Mapping[Method, Sample], higher_is_better: bool = True) -> tuple[Method, ...]:
    """The methods with the best mean among those that are judged; several where they tie exactly, none where none is judged."""
    judged = {name: sample.mean for name, sample in samples.items() if sample.judged}
    if not judged:
        return ()
    best = (max if higher_is_better else min)(judged.values())
    return tuple(name for name, mean in judged.items() if math.isclose(mean, best, rel_tol=1e-12))


def gain(method: Sample, other: Sample, higher_is_better: bool = True) -> Difference:
    """The improvement of a method over another in pp: positive is better, whatever the metric."""
    return welch(method, other) if higher_is_better else welch(other, method)


def unjudged(*samples: Sample) -> str:
    """Why these runs carry no test: the state of the first that does not; empty where all do."""
    return next((sample.state for sample in samples if not sample.judged), "")


def without_result(status: str, *samples: Sample) -> tuple[str, str]:
    """The verdict where runs of ours gave no mean, and why; both empty where all did."""
    states = [sample.state for sample in samples]
    if status == "diverged" or "diverged" in states:
        return "diverged", "a training of ours ended without a finite value"
    if status != "finished" or "missing" in states:
        return "missing", "there is no finished result of ours"
    return "", ""


def estimate_alone(difference: Difference, state: str) -> Difference:
    """A difference of which nothing is said but its size."""
    nan = math.nan
    return Difference(difference.estimate, nan, nan, nan, nan, nan, nan, state)


def outcome_of(estimate: float, p_adjusted: float, alpha: float = 0.05) -> Outcome:
    """What a comparison came to; ``estimate`` is positive where the method is better, a NaN p was not judged."""
    if math.isnan(p_adjusted):
        return "not judged"
    if p_adjusted > alpha:
        return "open"
    return "better" if estimate > 0 else "worse"


@dataclass(frozen=True)
class Counts:
    """How many pairs came to what; ``reasons`` says why those that are not judged are not."""

    better: int = 0
    worse: int = 0
    open: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, pairs: Iterable[Pairwise]) -> Counts:
        """Count the outcomes."""
        found = list(pairs)
        outcomes = Counter(pair.outcome for pair in found)
        reasons = Counter(pair.reason for pair in found if pair.outcome == "not judged")
        return cls(outcomes["better"], outcomes["worse"], outcomes["open"], dict(reasons))

    @property
    def judged(self) -> int:
        return self.better + self.worse + self.open

    @property
    def not_judged(self) -> int:
        return sum(self.reasons.values())

    @property
    def total(self) -> int:
        return self.judged + self.not_judged
