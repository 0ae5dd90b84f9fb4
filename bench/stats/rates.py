"""How often each verdict is passed if a paper is right, half right or wrong: simulations through the verdicts' own code."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from bench.stats.correction import holm_by_family
from bench.stats.detect import PrintedGain
from bench.stats.ladder import (
    CLAIM_VERDICTS,
    CONTRADICTING,
    FOUND,
    ClaimCell,
    claim_tests,
    ladder,
    printed_gain,
)
from bench.stats.level import LevelVerdict
from bench.stats.pairwise import OTHERS, unjudged

if TYPE_CHECKING:
    import numpy as np

Key = TypeVar("Key", bound=Hashable)

TABLES = 4000  # simulated per scenario: a probability's standard error is below 0.8 %
SEED = 20240427


@dataclass(frozen=True)
class PlannedGain:
    """A printed gain and how its cell will be run again.

    Attributes
    ----------
    claim
        The printed gain in pp, positive where the method is better, with its spread.
    sd, baseline_sd
        True sds of our runs in pp.
    baseline
        Names the baseline's cell: gains that share it share its runs.
    n, baseline_n
        Runs of each side.
    printed_n, baseline_printed_n
        Runs behind the printed numbers; 1 where that is not known.
    sized
        Whether the size is judged, or the direction alone.
    """

    claim: PrintedGain
    sd: float
    baseline_sd: float
    baseline: Hashable
    n: int
    baseline_n: int
    family: str = OTHERS
    sized: bool = True
    printed_n: int = 1
    baseline_printed_n: int = 1

    @property
    def in_sds(self) -> float:
        """The gain in units of a run's sd, pooled over both sides."""
        return self.claim.value / math.sqrt((self.sd**2 + self.baseline_sd**2) / 2)


@dataclass(frozen=True)
class ClaimRates:
    """Probabilities of verdicts over simulated replications of a table.

    Attributes
    ----------
    cells
        Per gain, the probability of each verdict.
    at_least_one
        Per family, the probability that one of its gains at least is 'confirmed', is 'found' (shown to be above 0, whatever its
        size) or is 'contradicted' (`smaller`, `not found` or `reversed`).
    """

    cells: tuple[Mapping[str, float], ...]
    at_least_one: Mapping[str, Mapping[str, float]]

    @property
    def contradicted(self) -> float:
        """How many verdicts against the paper are to be expected in all."""
        return math.fsum(cell[name] for cell in self.cells for name in CONTRADICTING)


def claim_rates(
    gains: Sequence[PlannedGain], share: float, tables: int = TABLES, alpha: float = 0.05, drawn: bool = False
) -> ClaimRates:
    """Simulate a table of normal runs whose true gains are ``share`` times the printed ones.

    Parameters
    ----------
    gains
        All that are corrected together, family by family.
    share
        1 for a paper that is exactly right, 0 for no gains at all.
    drawn
        Whether the paper's own numbers are drawn too, as means of its runs about the printed ones, and not taken for the truth.
    """
    import numpy as np

    if not gains:
        return ClaimRates((), {})
    generator = np.random.default_rng(SEED)
    printed, printed_variance, printed_df = np.array(
        [(gain.claim.value, gain.claim.variance, gain.claim.df) for gain in gains]
    ).T
    error, variance, df = _errors(generator, gains, tables)
    gain = share * printed + error
    if drawn:
        spread = printed_variance > 0
        error, theirs, freedom = _errors(generator, gains, tables, printed=True)
        printed, printed_variance = printed + error, np.where(spread, theirs, 0.0)
        printed_df = np.where(spread, freedom, math.inf)
    tests = claim_tests(gain, variance, df, printed, printed_variance, printed_df)
    families = [each.family for each in gains]
    adjusted = holm_by_family(tests.direction, families)
    rungs = ladder(gain, adjusted, tests, printed > 0, np.array([each.sized for each in gains]), alpha)
    cells = tuple(
        {name: float(np.mean(rungs[:, place] == index)) for index, name in enumerate(CLAIM_VERDICTS)}
        for place in range(len(gains))
    )
    members = {name: [family == name for family in families] for name in dict.fromkeys(families)}
    return ClaimRates(cells, {name: _at_least_one(rungs[:, each]) for name, each in members.items()})


def expected_contradictions(
    cells: Mapping[Key, ClaimCell], baseline_of: Mapping[Key, Key], higher_is_better: bool = True, alpha: float = 0.05
) -> float:
    """How many of a table's gains a perfect replication would show `smaller`, `not found` or `reversed` by chance.

    The sds at hand are taken for the true ones, and the printed gains for the true gains.
    """
    planned = [
        PlannedGain(
            claim=printed_gain(cell.printed, cell.printed_baseline, higher_is_better),
            sd=cell.method.sd,
            baseline_sd=cell.baseline.sd,
            baseline=baseline_of[key],
            n=cell.method.n,
            baseline_n=cell.baseline.n,
            family=cell.family,
            sized=not cell.comparability.elsewhere,
        )
        for key, cell in cells.items()
        if cell.status == "finished" and not cell.comparability.gain and not unjudged(cell.method, cell.baseline)
    ]
    known = [gain for gain in planned if math.isfinite(gain.claim.value)]
    return claim_rates(known, 1.0, alpha=alpha).contradicted


def expected_accusations(verdicts: Mapping[Key, LevelVerdict], families: Mapping[Key, str], alpha: float = 0.05) -> float:
    """How many of a table's numbers a perfect replication would show `lower`, `higher` or `outside our scatter` by chance.

    A number without spread is outside in ``alpha`` of the replications; those that are tested against mean, sd and n are
    Holm-adjusted, which leaves ``alpha`` for each family.
    """
    scatter = sum(verdict.name in ("inside our scatter", "outside our scatter") for verdict in verdicts.values())
    tested = {families.get(key, "") for key, verdict in verdicts.items() if math.isfinite(verdict.p)}
    return alpha * (scatter + len(tested))


def _at_least_one(rungs: np.ndarray) -> dict[str, float]:
    """The probabilities of `ClaimRates.at_least_one` of a family's rungs, shape (tables, gains)."""
    import numpy as np

    kinds = {"confirmed": ("confirmed",), "found": FOUND, "contradicted": CONTRADICTING}
    indices = {kind: [CLAIM_VERDICTS.index(name) for name in names] for kind, names in kinds.items()}
    return {kind: float(np.isin(rungs, wanted).any(axis=1).mean()) for kind, wanted in indices.items()}


def _errors(
    generator: np.random.Generator, gains: Sequence[PlannedGain], tables: int, printed: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By how much means of our runs (or the paper's) miss their true gains, Welch's variances and Satterthwaite's df.

    Shape (tables, gains) each; gains with one baseline share its runs.
    """
    import numpy as np

    first = {gain.baseline: gain for gain in reversed(gains)}
    of = [list(first).index(gain.baseline) for gain in gains]
    base_n = np.array([each.baseline_printed_n if printed else each.baseline_n for each in first.values()])
    n = np.array([each.printed_n if printed else each.n for each in gains])
    base_sd = np.array([each.baseline_sd for each in first.values()])
    base_mean, base_variance = (part[:, of] for part in _cells(generator, base_sd, base_n, tables))
    mean, variance = _cells(generator, np.array([each.sd for each in gains]), n, tables)
    both, rest = variance + base_variance, np.maximum(base_n[of] - 1, 1)
    return mean - base_mean, both, both**2 / (variance**2 / np.maximum(n - 1, 1) + base_variance**2 / rest)


def _cells(generator: np.random.Generator, sd: np.ndarray, n: np.ndarray, tables: int) -> tuple[np.ndarray, np.ndarray]:
    """Means about 0 of ``n`` normal runs and their variances (of one run it means nothing), shape (tables, cells) each."""
    import numpy as np

    means, df = generator.standard_normal((tables, len(sd))) * sd / np.sqrt(n), np.maximum(n - 1, 1)
    return means, sd**2 / n * generator.chisquare(df, (tables, len(sd))) / df
