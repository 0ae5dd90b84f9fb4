"""A new method against every other arm of a table: one family of comparisons, and each arm over all columns together."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from bench.stats.cells import OverCells, over_cells
from bench.stats.correction import holm
from bench.stats.difference import Difference, permutation_p
from bench.stats.sample import Measured, Sample
from bench.stats.sentences import Tally
from bench.stats.table import gain, outcome_of, reach, seeds_to_settle

Arm = TypeVar("Arm", bound=Hashable)
Column = TypeVar("Column", bound=Hashable)
Place = tuple[Hashable, Hashable]


@dataclass(frozen=True)
class Duel:
    """The new method against one arm in one column.

    Attributes
    ----------
    difference
        In pp, positive where the new method is better (also for error rates).
    p_adjusted
        Holm over every comparison of the new method in this table; NaN where nothing was tested.
    permutation
        Exact two-sided permutation p, unadjusted; NaN where the runs' values are not known.
    outcome
        'better', 'worse', 'no difference found' or 'untested'.
    """

    difference: Difference
    p_adjusted: float
    permutation: float
    outcome: str


@dataclass(frozen=True)
class ArmComparison(Generic[Column]):
    """The new method against one arm.

    Attributes
    ----------
    duels
        One per column that both have.
    over
        Those columns together; positive where the new method is better.
    pooled_p
        p of its mean difference, Holm-adjusted over the arms.
    """

    duels: Mapping[Column, Duel]
    over: OverCells
    pooled_p: float

    @property
    def tally(self) -> Tally:
        return Tally.of(duel.outcome for duel in self.duels.values())


@dataclass(frozen=True)
class NewcomerComparison(Generic[Arm, Column]):
    """Every arm, and what this family of comparisons could have found; see `TableComparison` for the last four."""

    arms: Mapping[Arm, ArmComparison[Column]]
    family: int
    smallest_difference: float
    sd: float = math.nan
    n: int = 0

    def seeds_to_settle(self, duel: Duel) -> int | None:
        """As the function of that name, for a duel of this family."""
        return seeds_to_settle(duel.outcome, duel.difference, self.sd, self.family)


def compare_newcomer(
    new: Mapping[Column, Measured],
    arms: Mapping[Arm, Mapping[Column, Measured]],
    higher_is_better: bool = True,
    alpha: float = 0.05,
) -> NewcomerComparison[Arm, Column]:
    """Test a new method against every arm in every column that both have.

    Parameters
    ----------
    new
        The new method's cells by column. A cell without runs is 'missing', one with a NaN 'diverged': neither wins anything.
    arms
        The other methods' cells by arm and column.
    higher_is_better
        False for error rates.
    alpha
        Family-wise level.

    Notes
    -----
    Welch's t for each pair, Holm over all pairs (arms x columns) at once. The pooled differences are a family of their own.
    """
    pairs = {(arm, column): cells[column] for arm, cells in arms.items() for column in new if column in cells}
    differences = {place: gain(new[place[1]].sample, cell.sample, higher_is_better) for place, cell in pairs.items()}
    adjusted = dict(zip(pairs, holm([difference.p for difference in differences.values()]), strict=True))
    samples: dict[Place, Sample] = {place: cell.sample for place, cell in pairs.items()}
    samples |= {(None, column): cell.sample for column, cell in new.items()}
    tested: list[tuple[Place, Place]] = [
        (place, (None, place[1])) for place, difference in differences.items() if not math.isnan(difference.p)
    ]
    family, smallest, sd, n = reach(samples, tested, alpha)
    duels: dict[Arm, dict[Column, Duel]] = {arm: {} for arm in arms}
    for (arm, column), other in pairs.items():
        place, mine = (arm, column), new[column]
        duels[arm][column] = Duel(
            difference=differences[place],
            p_adjusted=adjusted[place],
            permutation=permutation_p(mine.values, other.values),
            outcome=outcome_of(mine.sample, other.sample, differences[place], adjusted[place], alpha),
        )
    over = {arm: over_cells(new, arms[arm], higher_is_better) for arm in arms}
    pooled_p = dict(zip(over, holm([found.pooled.p for found in over.values()]), strict=True))
    compared = {arm: ArmComparison(duels[arm], over[arm], pooled_p[arm]) for arm in arms}
    return NewcomerComparison(compared, family, smallest, sd, n)


def strongest(arms: Mapping[Arm, Mapping[Column, Measured]], columns: Iterable[Column], higher_is_better: bool) -> Arm | None:
    """The arm with the best mean over the columns that it has, among those with the most columns; ``None`` for no arm.

    It is chosen by the arms' own numbers alone, so that the choice owes nothing to the new method's.
    """
    wanted = set(columns)
    means = {
        arm: [cell.sample.mean for column, cell in cells.items() if column in wanted and cell.sample.usable]
        for arm, cells in arms.items()
    }
    most = max(map(len, means.values()), default=0)
    full = {arm: math.fsum(found) / most for arm, found in means.items() if most and len(found) == most}
    if not full:
        return None
    return max(full, key=lambda arm: full[arm] if higher_is_better else -full[arm])
