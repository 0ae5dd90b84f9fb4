"""A method against every other one of a table: one family of comparisons, and each method over all columns together."""

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

Method = TypeVar("Method", bound=Hashable)
Column = TypeVar("Column", bound=Hashable)
Cell = tuple[Hashable, Hashable]  # method, column; the compared method is None


@dataclass(frozen=True)
class Pairwise:
    """One method against another in one column.

    Attributes
    ----------
    difference
        In pp, positive where the compared method is better (also for error rates).
    p_adjusted
        Holm over every comparison of that method in the table; NaN where nothing was tested.
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
class AgainstMethod(Generic[Column]):
    """One method against another in every column that both have.

    Attributes
    ----------
    columns
        The comparison in each of those columns.
    over
        Those columns together; positive where the compared method is better.
    pooled_p
        p of its mean difference, Holm-adjusted over the methods.
    """

    columns: Mapping[Column, Pairwise]
    over: OverCells
    pooled_p: float

    @property
    def tally(self) -> Tally:
        return Tally.of(pairwise.outcome for pairwise in self.columns.values())


@dataclass(frozen=True)
class MethodComparison(Generic[Method, Column]):
    """One method against each other one, and what this family of tests could have found, as `TableComparison` says it."""

    methods: Mapping[Method, AgainstMethod[Column]]
    family: int
    smallest_difference: float
    sd: float = math.nan
    n: int = 0

    def seeds_to_settle(self, pairwise: Pairwise) -> int | None:
        """As the function of that name, for a comparison of this family."""
        return seeds_to_settle(pairwise.outcome, pairwise.difference, self.sd, self.family)


def compare_method(
    new: Mapping[Column, Measured],
    methods: Mapping[Method, Mapping[Column, Measured]],
    higher_is_better: bool = True,
    alpha: float = 0.05,
) -> MethodComparison[Method, Column]:
    """Test a method against every other one in every column that both have.

    Parameters
    ----------
    new
        Its cells by column. A cell without runs is 'missing', one with a NaN 'diverged': neither wins anything.
    methods
        The other methods' cells by method and column.
    higher_is_better
        False for error rates.
    alpha
        Family-wise level.

    Notes
    -----
    Welch's t for each pair, Holm over all pairs (methods x columns) at once. The pooled differences are a family of their own.
    """
    pairs = {(method, column): cells[column] for method, cells in methods.items() for column in new if column in cells}
    differences = {cell: gain(new[cell[1]].sample, measured.sample, higher_is_better) for cell, measured in pairs.items()}
    adjusted = dict(zip(pairs, holm([difference.p for difference in differences.values()]), strict=True))
    samples: dict[Cell, Sample] = {cell: measured.sample for cell, measured in pairs.items()}
    samples |= {(None, column): measured.sample for column, measured in new.items()}
    tested: list[tuple[Cell, Cell]] = [
        (cell, (None, cell[1])) for cell, difference in differences.items() if not math.isnan(difference.p)
    ]
    family, smallest, sd, n = reach(samples, tested, alpha)
    found: dict[Method, dict[Column, Pairwise]] = {method: {} for method in methods}
    for (method, column), other in pairs.items():
        cell, mine = (method, column), new[column]
        found[method][column] = Pairwise(
            difference=differences[cell],
            p_adjusted=adjusted[cell],
            permutation=permutation_p(mine.values, other.values),
            outcome=outcome_of(mine.sample, other.sample, differences[cell], adjusted[cell], alpha),
        )
    over = {method: over_cells(new, methods[method], higher_is_better) for method in methods}
    pooled_p = dict(zip(over, holm([each.pooled.p for each in over.values()]), strict=True))
    compared = {method: AgainstMethod(found[method], over[method], pooled_p[method]) for method in methods}
    return MethodComparison(compared, family, smallest, sd, n)


def strongest(
    methods: Mapping[Method, Mapping[Column, Measured]], columns: Iterable[Column], higher_is_better: bool
) -> Method | None:
    """The method with the best mean over the columns that it has, among those with the most columns; ``None`` for none.

    The choice depends on these methods' numbers alone, and not on those of the method that is compared with them.
    """
    wanted = set(columns)
    means = {
        method: [cell.sample.mean for column, cell in cells.items() if column in wanted and cell.sample.usable]
        for method, cells in methods.items()
    }
    most = max(map(len, means.values()), default=0)
    full = {method: math.fsum(found) / most for method, found in means.items() if most and len(found) == most}
    if not full:
        return None
    return max(full, key=lambda method: full[method] if higher_is_better else -full[method])
