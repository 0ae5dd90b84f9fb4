"""The claim ladder: what our gain over the baseline says of the gain that a paper prints."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from bench.stats.comparability import Comparability
from bench.stats.contrast import between
from bench.stats.correction import holm_by_family
from bench.stats.detect import ConfirmationPlan, PrintedGain, Spreads
from bench.stats.difference import Difference
from bench.stats.pairwise import OTHERS, estimate_alone, gain, unjudged, without_result
from bench.stats.sample import Reported, Sample

if TYPE_CHECKING:
    import numpy as np

Key = TypeVar("Key", bound=Hashable)
CLAIM_VERDICTS = (
    "confirmed", "direction confirmed", "smaller", "not found", "reversed", "open",
    "no claim", "not comparable", "missing", "diverged", "not judged",
)  # fmt: skip
FOUND = ("confirmed", "direction confirmed", "smaller")  # shown to be above 0
CONTRADICTING = ("smaller", "not found", "reversed")


@dataclass(frozen=True)
class ClaimCell:
    """A gain of ours and the one that the paper prints, in percent.

    ``status`` is 'finished', 'diverged', or any other word for runs that have no result: the worse one of the two cells.
    """

    method: Sample
    baseline: Sample
    printed: Reported
    printed_baseline: Reported
    family: str = OTHERS
    comparability: Comparability = field(default_factory=Comparability)
    status: str = "finished"


@dataclass(frozen=True)
class ClaimVerdict:
    """A name out of `CLAIM_VERDICTS` with what led to it.

    Attributes
    ----------
    difference
        Our gain in pp with its 95 % interval, of this gain alone; positive where the method is better.
    printed
        The paper's gain in pp; NaN where it prints none.
    p, p_more, p_less
        'other than 0' (two-sided, Holm in its family), 'more than half' and 'less than half of the printed gain' (one-sided, of
        this cell alone); NaN where not tested.
    plan
        Of an `open` cell: the chance of `confirmed` (of `direction confirmed`, where the size is not judged) if the paper is
        exactly right, and how many seeds make it 80 %.
    lacks
        What the paper prints its gain without: 'spread', 'its number of runs' or nothing.
    reason
        Why nothing was judged.
    elsewhere
        Words for other data of the same kind; the size is then not judged.
    """

    name: str
    difference: Difference
    printed: float = math.nan
    p: float = math.nan
    p_more: float = math.nan
    p_less: float = math.nan
    plan: ConfirmationPlan | None = None
    lacks: str = ""
    reason: str = ""
    elsewhere: str = ""


class Tests(NamedTuple):
    """P-values of gains, shape (..., m): other than 0 (not yet adjusted), more and less than half of the printed gain."""

    direction: np.ndarray
    more: np.ndarray
    less: np.ndarray


def claim_tests(
    gain: np.ndarray,
    variance: np.ndarray,
    df: np.ndarray,
    printed: np.ndarray,
    printed_variance: np.ndarray,
    printed_df: np.ndarray,
) -> Tests:
    """The three tests of gains over the baseline.

    Parameters
    ----------
    gain, variance, df
        Ours in pp, its Welch variance in pp squared and Satterthwaite's df, shape (..., m); NaN where a gain is not judged.
    printed, printed_variance, printed_df
        The paper's, shape (m,); variance 0 and infinite df where it is printed without spread.

    Notes
    -----
    Half of the printed gain is compared by fraction retention, as in non-inferiority trials: the variance of
    ``gain - printed / 2`` is ours and a quarter of the paper's.
    """
    import numpy as np
    from scipy.special import stdtr

    direction = 2 * stdtr(df, -np.abs(gain) / np.sqrt(variance))
    theirs = printed_variance / 4
    both = variance + theirs
    both_df = both**2 / (variance**2 / df + theirs**2 / printed_df)
    score = (gain - printed / 2) / np.sqrt(both)
    return Tests(direction, stdtr(both_df, -score), stdtr(both_df, score))


def ladder(
    gain: np.ndarray, adjusted: np.ndarray, tests: Tests, claimed: np.ndarray, sized: np.ndarray, alpha: float = 0.05
) -> np.ndarray:
    """The rungs as indices into `CLAIM_VERDICTS`, shape (..., m).

    Parameters
    ----------
    adjusted
        ``tests.direction`` after Holm.
    claimed
        Whether the paper prints a gain above 0, shape (m,).
    sized
        Whether the size is judged, or the direction alone (other data of the same kind), shape (m,).
    """
    import numpy as np

    better, worse = (adjusted <= alpha) & (gain > 0), (adjusted <= alpha) & (gain < 0)
    more, less = sized & (tests.more <= alpha), sized & (tests.less <= alpha)
    names = ["no claim", "reversed", "confirmed", "smaller", "direction confirmed", "not found"]
    rungs = [~claimed & np.ones_like(better), worse, better & more, better & less, better, less]
    return np.select(rungs, [CLAIM_VERDICTS.index(name) for name in names], CLAIM_VERDICTS.index("open"))


def claim_verdicts(
    cells: Mapping[Key, ClaimCell], higher_is_better: bool = True, alpha: float = 0.05
) -> dict[Key, ClaimVerdict]:
    """Judge the gains of a table beside those that the paper prints.

    Parameters
    ----------
    cells
        Every gain of the table, also those that the paper does not print or that are not comparable: all that can be tested
        are corrected together, family by family, as `against_baselines` does it.
    higher_is_better
        False for error rates.
    alpha
        Family-wise for 'above 0', and of each cell for half of the printed gain; divide it by the number of looks.
    """
    import numpy as np

    if not cells:
        return {}
    rows = [_row(cell, higher_is_better) for cell in cells.values()]
    gain, variance, df, printed, printed_variance, printed_df = np.array(rows, dtype=float).T
    families = [cell.family for cell in cells.values()]
    tests = claim_tests(gain, variance, df, printed, printed_variance, printed_df)
    adjusted = holm_by_family(tests.direction, families)
    sizes = {name: int(np.sum(~np.isnan(tests.direction[np.array(families) == name]))) for name in set(families)}
    sized = np.array([not cell.comparability.elsewhere for cell in cells.values()])
    with np.errstate(invalid="ignore"):
        rungs = ladder(gain, adjusted, tests, printed > 0, sized, alpha)
    found = {}
    for place, (key, cell) in enumerate(cells.items()):
        name, reason = _without_test(cell, printed[place])
        size = sized[place] and not name and printed[place] > 0
        name = name or CLAIM_VERDICTS[rungs[place]]
        claim = PrintedGain(float(printed[place]), float(printed_variance[place]), float(printed_df[place]))
        plan = ConfirmationPlan(claim, Spreads.of(cell.method, cell.baseline), sizes[cell.family], alpha, bool(sized[place]))
        found[key] = ClaimVerdict(
            name=name,
            difference=_difference(cell, higher_is_better),
            printed=float(printed[place]),
            p=float(adjusted[place]),
            p_more=float(tests.more[place]) if size else math.nan,
            p_less=float(tests.less[place]) if size else math.nan,
            plan=plan if name == "open" else None,
            lacks=cell.printed.lacks or cell.printed_baseline.lacks,
            reason=reason,
            elsewhere=cell.comparability.elsewhere,
        )
    return found


def printed_gain(method: Reported, baseline: Reported, higher_is_better: bool = True) -> PrintedGain:
    """The gain that a paper prints, with the spread that it prints it with.

    Where either number comes without sd or without n the gain stands without spread.
    """
    value = (method.value - baseline.value) * (1 if higher_is_better else -1)
    terms = [method.mean_variance, baseline.mean_variance]
    if method.lacks or baseline.lacks:
        return PrintedGain(value)
    variance = math.fsum(each for each, _ in terms)
    return PrintedGain(value, variance, variance**2 / math.fsum(each**2 / df for each, df in terms))


def _row(cell: ClaimCell, higher_is_better: bool) -> tuple[float, ...]:
    claim = printed_gain(cell.printed, cell.printed_baseline, higher_is_better)
    theirs = (claim.value, claim.variance, claim.df)
    contrast = between(cell.method, cell.baseline)
    if cell.status != "finished" or unjudged(cell.method, cell.baseline):
        return math.nan, math.nan, math.nan, *theirs
    return contrast.estimate * (1 if higher_is_better else -1), contrast.variance, contrast.df, *theirs


def _without_test(cell: ClaimCell, printed: float) -> tuple[str, str]:
    """The verdict that needs no test, and why; both empty where there is one to make."""
    samples = (cell.method, cell.baseline)
    name, reason = without_result(cell.status, *samples)
    if name:
        return name, reason
    if math.isnan(printed):
        return "missing", "the paper prints no gain here"
    if cell.comparability.gain:
        return "not comparable", cell.comparability.gain
    if not printed > 0:
        return "no claim", ""
    reason = unjudged(*samples)
    return ("not judged", reason) if reason else ("", "")


def _difference(cell: ClaimCell, higher_is_better: bool) -> Difference:
    found, reason = gain(cell.method, cell.baseline, higher_is_better), unjudged(cell.method, cell.baseline)
    return estimate_alone(found, reason) if reason else found
