"""The columns of a table together: the mean difference over those that can be tested, and what holds for new settings."""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from bench.stats.cells import PairedOverCells, paired_over_cells, pooled_difference, probability_of_improvement
from bench.stats.correction import holm_in_families
from bench.stats.difference import Difference
from bench.stats.pairwise import OTHERS, OWN, outcome_of, unjudged
from bench.stats.sample import Measured

Column = TypeVar("Column", bound=Hashable)
Method = TypeVar("Method", bound=Hashable)


@dataclass(frozen=True)
class Together(Generic[Column]):
    """A method against another over the columns that can be tested.

    Attributes
    ----------
    mean
        The mean difference in pp over ``tested`` with Satterthwaite's interval, about these very columns; NaN for none.
    p_adjusted
        Its two-sided p, Holm over the methods of its family.
    outcome
        'better' or 'worse' where it is significant in the family, 'open', or 'not judged' for no tested column.
    tested
        The columns that carry the mean.
    left_out
        Those that do not, with the reason ('no spread', 'two runs', 'diverged', 'missing'...).
    superiority
        How often a run of the method beats a run of the other in the tested columns; a picture, not a test.
    settings
        What holds for new settings; see `new_settings`.
    settings_p
        Its paired t, Holm over the methods of its family.
    unit
        What a setting is there: 'dataset' where there are several, else 'column'.
    family
        'own' or 'others'.
    """

    mean: Difference
    tested: tuple[Column, ...]
    left_out: Mapping[Column, str]
    superiority: float
    settings: PairedOverCells
    unit: str
    family: str
    p_adjusted: float = math.nan
    settings_p: float = math.nan
    outcome: str = "not judged"

    @property
    def columns(self) -> int:
        """How many columns the two share or should share."""
        return len(self.tested) + len(self.left_out)


def together(
    methods: Mapping[Method, Mapping[Column, Measured]],
    others: Mapping[Method, Mapping[Column, Measured]],
    dataset_of: Mapping[Column, str],
    own: Collection[Method] = (),
    higher_is_better: bool = True,
    alpha: float = 0.05,
) -> dict[Method, Together[Column]]:
    """Take the columns of a table together, method by method.

    Parameters
    ----------
    methods
        The cells of each method by column, in percent.
    others
        What each of them is compared with: the baseline's cells for all, or, for a new method against stored ones, the new
        method's cells above and each stored method's here.
    dataset_of
        The dataset of each column.
    own
        The paper's own methods: a family of their own.

    Notes
    -----
    SE = sqrt(sum of Welch variances) / K over the K tested columns. A column without spread, with fewer than three runs or
    with a diverged run is in no mean: it is named in ``left_out``.
    """
    found: dict[Method, Together[Column]] = {}
    for name, cells in methods.items():
        family = OWN if name in own else OTHERS
        found[name] = _together(cells, others[name], dataset_of, family, higher_is_better)
    return judged_together(found, alpha)


def judged_together(found: Mapping[Method, Together[Column]], alpha: float) -> dict[Method, Together[Column]]:
    """Methods over their columns with p-values that are Holm-adjusted in each family, and the outcomes by these."""
    families = {name: each.family for name, each in found.items()}
    adjusted = holm_in_families({name: each.mean.p for name, each in found.items()}, families)
    settings = holm_in_families({name: each.settings.t_p for name, each in found.items()}, families)
    return {
        name: replace(
            each,
            p_adjusted=adjusted[name],
            outcome=outcome_of(each.mean.estimate, adjusted[name], alpha),
            settings_p=settings[name],
        )
        for name, each in found.items()
    }


def _together(
    cells: Mapping[Column, Measured],
    other: Mapping[Column, Measured],
    dataset_of: Mapping[Column, str],
    family: str,
    higher_is_better: bool,
) -> Together[Column]:
    missing = Measured.of(())
    pairs = {column: (cells.get(column, missing), other.get(column, missing)) for column in {**cells, **other}}
    reasons = {column: unjudged(mine.sample, theirs.sample) for column, (mine, theirs) in pairs.items()}
    tested = tuple(column for column in pairs if not reasons[column])
    samples = {column: (pairs[column][0].sample, pairs[column][1].sample) for column in tested}
    if not higher_is_better:
        samples = {column: (theirs, mine) for column, (mine, theirs) in samples.items()}
    mean = pooled_difference(list(samples.values()))
    gains = {column: first.mean - second.mean for column, (first, second) in samples.items()}
    settings, unit = new_settings(gains, dataset_of)
    values = [(pairs[column][0].values, pairs[column][1].values) for column in tested]
    return Together(
        mean=mean,
        tested=tested,
        left_out={column: reason for column, reason in reasons.items() if reason},
        superiority=probability_of_improvement(values, higher_is_better),
        settings=settings,
        unit=unit,
        family=family,
    )


def new_settings(gains: Mapping[Column, float], dataset_of: Mapping[Column, str]) -> tuple[PairedOverCells, str]:
    """What the gains of columns (pp) say about settings that were not tried, and what a setting is.

    Several backbones on one dataset share its images, so where there are several datasets the mean gain of each is one
    observation. Below six observations nothing is tested, and ``reason`` says so.
    """
    datasets = dict.fromkeys(dataset_of[column] for column in gains)
    if len(datasets) <= 1:
        return paired_over_cells(list(gains.values()), "column"), "column"
    by_dataset = [[value for column, value in gains.items() if dataset_of[column] == dataset] for dataset in datasets]
    return paired_over_cells([math.fsum(values) / len(values) for values in by_dataset], "dataset"), "dataset"


@dataclass(frozen=True)
class Ranks:
    """Mean ranks over columns: descriptive, because the columns of a table are no random draw.

    Attributes
    ----------
    ranks
        Mean rank of each method, 1 is best, shape (methods,).
    p
        Of Friedman's test with Iman and Davenport's F.
    pairwise
        Nemenyi's p of each pair; empty where the critical difference says nothing, or nobody asks.
    critical_difference
        In ranks, at 5 %; NaN where it is k - 1 or more, since no two mean ranks can lie that far apart.
    columns, skipped
        How many were ranked, and how many were left out because a method has no mean there.
    reason
        Why there is no critical difference; empty where there is one.
    """

    ranks: tuple[float, ...]
    p: float
    pairwise: tuple[tuple[float, ...], ...]
    critical_difference: float
    columns: int
    skipped: int
    reason: str = ""


def mean_ranks(matrix: Sequence[Sequence[float]], higher_is_better: bool = True, pairs: bool = True) -> Ranks:
    """Rank methods over columns.

    Parameters
    ----------
    matrix
        Cell means, shape (methods, columns). A column with a NaN is skipped and counted.
    pairs
        Whether to compare each pair, which a picture of few methods shows; the library for it takes a second and 100 MiB.

    Notes
    -----
    Demsar 2006 (JMLR 7): F = (K - 1) chi2 / (K (k - 1) - chi2) with k - 1 and (k - 1)(K - 1) df (Iman and Davenport 1980), and
    CD = q sqrt(k (k + 1) / (6 K)), q the studentised range over sqrt(2).
    """
    import numpy as np
    from scipy.stats import rankdata

    means = np.asarray(matrix, dtype=float)
    whole = np.isfinite(means).all(axis=0) if means.ndim == 2 else np.zeros(0, dtype=bool)
    k, columns, skipped = len(matrix), int(whole.sum()), int((~whole).sum())
    if not columns:
        return Ranks((math.nan,) * k, math.nan, (), math.nan, 0, skipped, "no column in which every method has a number")
    kept = means[:, whole]
    ranks = tuple(float(rank) for rank in rankdata(-kept if higher_is_better else kept, axis=0).mean(axis=1))
    if k < 3 or columns < 2:
        return Ranks(ranks, math.nan, (), math.nan, columns, skipped, "it takes three methods and two columns")
    p = _iman_davenport(kept)
    distance = _critical_difference(k, columns)
    if not distance < k - 1:
        reason = f"the critical difference of {distance:.1f} ranks is not below {k - 1}, the largest that {k} methods can show"
        return Ranks(ranks, p, (), math.nan, columns, skipped, reason)
    if not pairs:
        return Ranks(ranks, p, (), distance, columns, skipped)
    from scikit_posthocs import posthoc_nemenyi_friedman

    alike = posthoc_nemenyi_friedman(kept.T).to_numpy()
    return Ranks(ranks, p, tuple(tuple(float(each) for each in row) for row in alike), distance, columns, skipped)


def _iman_davenport(kept) -> float:  # type: ignore[no-untyped-def]
    """P of Iman and Davenport's F, of cell means of shape (methods, columns); NaN where every method is the same everywhere."""
    from scipy.special import fdtrc
    from scipy.stats import friedmanchisquare

    k, columns = kept.shape
    if (kept == kept[0]).all():
        return math.nan
    chi2 = float(friedmanchisquare(*kept).statistic)
    rest = columns * (k - 1) - chi2
    if rest <= 1e-9 * columns:
        return 0.0  # the same order in every column
    return float(fdtrc(k - 1, (k - 1) * (columns - 1), (columns - 1) * chi2 / rest))


def _critical_difference(k: int, columns: int) -> float:
    from scipy.stats import studentized_range

    q = float(studentized_range.ppf(0.95, k, math.inf)) / math.sqrt(2)
    return q * math.sqrt(k * (k + 1) / (6 * columns))
