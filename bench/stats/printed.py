"""The paper's own claims by the paper's own numbers: they need no training."""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from bench.stats.contrast import between
from bench.stats.correction import holm_in_families
from bench.stats.difference import Difference, describe
from bench.stats.pairwise import OTHERS, OWN, estimate_alone
from bench.stats.sample import Reported

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class PrintedClaim:
    """A printed gain tested by what the paper prints of it.

    Attributes
    ----------
    difference
        The gain in pp, positive where the method is better; of an untested one the estimate alone.
    p_adjusted
        Two-sided, Holm in its family.
    significant
        Above 0 at the family's 5 %.
    if_population
        The same if the printed deviations divide by n, not by n - 1.
    lacks
        Why it is not tested: 'spread' or 'its number of runs'; empty where it is.
    family
        'own' or 'others'.
    """

    difference: Difference
    p_adjusted: float
    significant: bool
    if_population: bool
    lacks: str
    family: str


@dataclass(frozen=True)
class ClaimCounts:
    """Of one family: how many gains are printed, tested and significant, and how many are if +- is a population sd."""

    printed: int = 0
    tested: int = 0
    significant: int = 0
    if_population: int = 0
    without_spread: int = 0
    without_n: int = 0

    @classmethod
    def of(cls, claims: Iterable[PrintedClaim], family: str) -> ClaimCounts:
        """Of the gains of a family; a printed loss counts among the printed and is never significant."""
        found = [claim for claim in claims if claim.family == family]
        return cls(
            printed=len(found),
            tested=sum(not claim.lacks for claim in found),
            significant=sum(claim.significant for claim in found),
            if_population=sum(claim.if_population for claim in found),
            without_spread=sum(claim.lacks == "spread" for claim in found),
            without_n=sum(claim.lacks == "its number of runs" for claim in found),
        )


def printed_claims(
    reported: Mapping[Key, Reported],
    baseline_of: Mapping[Key, Key],
    own: Collection[Key] = (),
    higher_is_better: bool = True,
) -> dict[Key, PrintedClaim]:
    """Test each gain of a printed table: Welch from mean, sd and n, Holm over the own methods and over the others.

    Parameters
    ----------
    reported
        The printed numbers in percent.
    baseline_of
        The baseline of each cell; where the baseline is absent, its own or not printed, there is no claim.
    own
        The cells of the paper's own methods.
    higher_is_better
        False for error rates.
    """
    pairs = {
        key: (reported[key], reported[base])
        for key, base in baseline_of.items()
        if key != base and key in reported and base in reported
    }
    family_of = {key: OWN if key in own else OTHERS for key in pairs}
    tested = {key: _difference(*pair, higher_is_better) for key, pair in pairs.items()}
    adjusted = holm_in_families({key: found.p for key, found in tested.items()}, family_of)
    widened = {
        key: _difference(_as_sample_sd(pair[0]), _as_sample_sd(pair[1]), higher_is_better) for key, pair in pairs.items()
    }
    sensitive = holm_in_families({key: found.p for key, found in widened.items()}, family_of)
    return {
        key: PrintedClaim(
            difference=found,
            p_adjusted=adjusted[key],
            significant=adjusted[key] <= 0.05 and found.estimate > 0,
            if_population=sensitive[key] <= 0.05 and found.estimate > 0,
            lacks=pairs[key][0].lacks or pairs[key][1].lacks,
            family=family_of[key],
        )
        for key, found in tested.items()
    }


def _difference(method: Reported, baseline: Reported, higher_is_better: bool) -> Difference:
    first, second = (method, baseline) if higher_is_better else (baseline, method)
    found = describe(between(first.sample, second.sample))
    lacks = method.lacks or baseline.lacks
    return replace(estimate_alone(found, lacks), estimate=first.value - second.value) if lacks else found


def _as_sample_sd(number: Reported) -> Reported:
    """The number if its +- divides by n: the sd that divides by n - 1 is larger."""
    if number.lacks or number.sd is None or number.n is None:
        return number
    return replace(number, sd=number.sd * math.sqrt(number.n / (number.n - 1)))
