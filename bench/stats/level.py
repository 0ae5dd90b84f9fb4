"""The level: our number against the printed one, where both are of the same test images."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from bench.stats.contrast import between
from bench.stats.correction import holm_in_families
from bench.stats.detect import Spreads, chance_equivalent
from bench.stats.difference import Difference, welch
from bench.stats.equivalence import Equivalence, tost
from bench.stats.pairwise import OTHERS, estimate_alone, without_result
from bench.stats.sample import Reported, Sample

Key = TypeVar("Key", bound=Hashable)
LEVEL_VERDICTS = (
    "equivalent", "lower", "higher", "open", "inside our scatter", "outside our scatter",
    "not comparable", "missing", "diverged", "not judged",
)  # fmt: skip


@dataclass(frozen=True)
class LevelCell:
    """A number of ours beside the printed one, in percent; ``margin`` in pp, fixed before training, NaN where none was."""

    ours: Sample
    printed: Reported
    margin: float = math.nan
    family: str = OTHERS
    obstacle: str = ""
    status: str = "finished"


@dataclass(frozen=True)
class LevelVerdict:
    """A name out of `LEVEL_VERDICTS` with what led to it.

    Attributes
    ----------
    difference
        Ours minus the paper's in pp. Where the paper prints mean, sd and n its interval is Welch's; where it prints one number,
        low and high are the prediction interval for the paper's number less that number: it contains 0 for 'inside'.
    p
        Two-sided, 'other than the paper's'; Holm in its family. NaN for the scatter verdicts, which have an interval.
    equivalence
        Two one-sided tests against the margin, of this cell alone; ``None`` where not tested.
    lacks
        What the number is printed without: 'spread', 'its number of runs' or nothing.
    reason
        Why nothing was judged.
    spreads
        What the tests of means were made with.
    alpha
        Of one test.
    """

    name: str
    difference: Difference
    p: float = math.nan
    equivalence: Equivalence | None = None
    lacks: str = ""
    reason: str = ""
    spreads: Spreads | None = None
    alpha: float = 0.05

    @property
    def chance(self) -> float:
        """Of `equivalent` if the two means are equal; NaN where not tested or without a margin."""
        if self.equivalence is None or self.spreads is None:
            return math.nan
        return chance_equivalent(self.equivalence.margin, self.spreads, self.alpha)

    @property
    def too_tight(self) -> bool:
        """Whether the margin cannot decide: equal means would be shown to be equivalent less than half of the time."""
        return self.chance < 0.5


def level_verdicts(cells: Mapping[Key, LevelCell], alpha: float = 0.05) -> dict[Key, LevelVerdict]:
    """Judge our numbers beside those that the paper prints; 'lower' and 'higher' are about the number, whichever is better.

    Parameters
    ----------
    cells
        The numbers of a table; p-values are Holm-adjusted family by family over those of them that are tested.
    alpha
        Family-wise for 'lower' and 'higher', of each cell for 'equivalent' and for the scatter; divide it by the number of
        looks.

    Raises
    ------
    ValueError
        When a margin is negative.
    """
    tested = {
        key: welch(cell.ours, cell.printed.sample)
        for key, cell in cells.items()
        if not _without_test(cell)[0] and not cell.printed.lacks
    }
    families = {key: cells[key].family for key in tested}
    adjusted = holm_in_families({key: found.p for key, found in tested.items()}, families)
    found = {}
    for key, cell in cells.items():
        name, reason = _without_test(cell)
        if name:
            difference = estimate_alone(welch(cell.ours, cell.printed.sample), reason)
            found[key] = LevelVerdict(name, difference, lacks=cell.printed.lacks, reason=reason)
        elif key in tested:
            found[key] = _by_means(cell, tested[key], adjusted[key], alpha)
        else:
            found[key] = _by_scatter(cell, alpha)
    return found


def _by_means(cell: LevelCell, difference: Difference, p: float, alpha: float) -> LevelVerdict:
    test = tost(between(cell.ours, cell.printed.sample), cell.margin)
    if test.p <= alpha:
        name = "equivalent"
    elif p > alpha:
        name = "open"
    else:
        name = "higher" if difference.estimate > 0 else "lower"
    return LevelVerdict(name, difference, p, test, spreads=Spreads.of(cell.ours, cell.printed.sample), alpha=alpha)


def _by_scatter(cell: LevelCell, alpha: float) -> LevelVerdict:
    """Whether one more run of ours could have been the printed number.

    Notes
    -----
    Patil, Peng, Leek 2016 (Perspect. Psychol. Sci. 11): the interval for a new run is mean +- t(n - 1) s sqrt(1 + 1 / n).
    """
    from scipy.special import stdtrit

    ours, nan = cell.ours, math.nan
    half = float(stdtrit(ours.n - 1, 1 - alpha / 2)) * ours.sd * math.sqrt(1 + 1 / ours.n)
    gap = ours.mean - cell.printed.value
    name = "inside our scatter" if abs(gap) <= half else "outside our scatter"
    difference = Difference(gap, gap - half, gap + half, nan, ours.n - 1.0, nan, nan)
    return LevelVerdict(name, difference, lacks=cell.printed.lacks)


def _without_test(cell: LevelCell) -> tuple[str, str]:
    """The verdict that needs no test, and why; both empty where there is one to make."""
    name, reason = without_result(cell.status, cell.ours)
    if name:
        return name, reason
    if not math.isfinite(cell.printed.value):
        return "missing", "the paper prints no number here"
    if cell.obstacle:
        return "not comparable", cell.obstacle
    return ("", "") if cell.ours.judged else ("not judged", cell.ours.state)
