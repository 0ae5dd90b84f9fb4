"""How often each verdict is passed on a paper's tables if the paper is exactly right, half right, or wrong."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.plan import Paper, Table
from bench.plan.metrics import METRICS
from bench.report.reported import Key, ReportedNumber, load_reported
from bench.stats.detect import Spreads, chance_equivalent
from bench.stats.ladder import CLAIM_VERDICTS, printed_gain
from bench.stats.pairwise import OTHERS, OWN
from bench.stats.rates import PlannedGain, claim_rates

# The share of the printed gains that is true, and whether the paper's own numbers are drawn too.
SCENARIOS = {"right": (1.0, False), "drawn": (1.0, True), "half": (0.5, False), "zero": (0.0, False)}
FALSE = {"right": "contradicted", "drawn": "contradicted", "half": "confirmed", "zero": "found"}
LARGE = 3.0  # sds of a run; gains of this size are to be confirmed in four of five flawless replications
RUNGS = CLAIM_VERDICTS[: CLAIM_VERDICTS.index("no claim") + 1]


@dataclass(frozen=True)
class FamilyRates:
    """The verdicts on one family of gains of a paper.

    Attributes
    ----------
    gains, large
        How many gains are printed, and how many of them are three sds or more.
    assumed
        Of how many the sd is not printed, so that the margin stands for it.
    sized
        Whether sizes are judged, or directions alone (our own split).
    verdicts
        Per scenario of `SCENARIOS`, the mean probability of each verdict over the gains.
    large_confirmed
        Mean probability of `confirmed` or `direction confirmed` of the large gains if the paper is right; NaN for none.
    false_one
        Per scenario, the probability that the family shows at least one verdict that is false there: one against a paper
        that is right, a `confirmed` where gains are half, any gain where they are zero. Of several tables the largest.
    """

    table: str
    family: str
    gains: int
    large: int
    assumed: int
    sized: bool
    verdicts: Mapping[str, Mapping[str, float]]
    large_confirmed: float
    false_one: Mapping[str, float]


@dataclass(frozen=True)
class MarginRate:
    """How often a dataset's margin shows equal means to be equivalent: median and range over its printed cells."""

    dataset: str
    margin: float
    cells: int
    median: float
    lowest: float
    highest: float


def table_rates(paper: Paper, table: Table, folder: Path, n: int) -> list[FamilyRates]:
    """The rates of each family of a printed table, replicated with ``n`` seeds; ``folder`` holds the printed numbers."""
    planned = _planned(paper, table, load_reported(folder, paper, table.name), n)
    if not planned:
        return []
    gains = [gain for gain, _ in planned]
    simulated = {name: claim_rates(gains, share, drawn=drawn) for name, (share, drawn) in SCENARIOS.items()}
    found = []
    for family in (OWN, OTHERS):
        places = [place for place, gain in enumerate(gains) if gain.family == family]
        if not places:
            continue
        large = [place for place in places if gains[place].in_sds >= LARGE]
        right = simulated["right"].cells
        confirmed = [right[place]["confirmed"] + right[place]["direction confirmed"] for place in large]
        found.append(
            FamilyRates(
                table=table.name,
                family=family,
                gains=len(places),
                large=len(large),
                assumed=sum(planned[place][1] for place in places),
                sized=any(gains[place].sized for place in places),
                verdicts={
                    name: {rung: _mean([rates.cells[place][rung] for place in places]) for rung in RUNGS}
                    for name, rates in simulated.items()
                },
                large_confirmed=_mean(confirmed),
                false_one={name: rates.at_least_one[family][FALSE[name]] for name, rates in simulated.items()},
            )
        )
    return found


def paper_rates(paper: Paper, folder: Path, n: int) -> list[FamilyRates]:
    """The rates of every family of every printed table of a paper."""
    return [each for table in paper.tables.values() if table.printed for each in table_rates(paper, table, folder, n)]


def together(rates: Sequence[FamilyRates]) -> list[FamilyRates]:
    """A paper's families of one kind as one line each: means over their gains, the worst of the chances of a false find."""
    lines = []
    for family in (OWN, OTHERS):
        each = [rate for rate in rates if rate.family == family]
        if not each:
            continue
        total, large = sum(rate.gains for rate in each), sum(rate.large for rate in each)
        lines.append(
            FamilyRates(
                table="all",
                family=family,
                gains=total,
                large=large,
                assumed=sum(rate.assumed for rate in each),
                sized=any(rate.sized for rate in each),
                verdicts={
                    name: {rung: sum(rate.gains * rate.verdicts[name][rung] for rate in each) / total for rung in RUNGS}
                    for name in SCENARIOS
                },
                large_confirmed=(
                    math.fsum(rate.large * rate.large_confirmed for rate in each if rate.large) / large if large else math.nan
                ),
                false_one={name: max(rate.false_one[name] for rate in each) for name in SCENARIOS},
            )
        )
    return lines


def margin_rates(paper: Paper, folder: Path, n: int) -> list[MarginRate]:
    """How tight a paper's margins are, from the cells that it prints with mean, sd and n; each cell once."""
    cells: dict[Key, ReportedNumber] = {}
    for table in paper.tables.values():
        printed = load_reported(folder, paper, table.name) if table.printed else {}
        cells.update({key: number for key, number in printed.items() if number.sd and number.n and number.n > 1})
    found = []
    for dataset, margin in paper.margins.items():
        numbers = [(each.sd or 0.0, each.n or 0) for key, each in cells.items() if key.dataset == dataset]
        chances = sorted(chance_equivalent(margin, Spreads(sd, n, sd, theirs)) for sd, theirs in numbers)
        if chances and not paper.own_split(dataset):
            found.append(MarginRate(dataset, margin, len(chances), statistics.median(chances), chances[0], chances[-1]))
    return found


def _planned(paper: Paper, table: Table, printed: Mapping[Key, ReportedNumber], n: int) -> list[tuple[PlannedGain, bool]]:
    """Each printed gain once, and whether its sds are assumed; those of a dataset without margin and sd are left out."""
    found = {}
    for key in dict.fromkeys(Key.at(entry) for entry in table.entries() if entry.trained):
        base = key.of(table.baseline)
        if key == base or not METRICS[key.metric].is_score or key not in printed or base not in printed:
            continue
        method, baseline = printed[key], printed[base]
        margin = paper.margins.get(key.dataset, math.nan)
        sds = (method.sd or margin, baseline.sd or margin)
        if not all(map(math.isfinite, sds)):
            continue
        claim = printed_gain(method, baseline, METRICS[key.metric].higher_is_better)
        family = OWN if key.variant in paper.own else OTHERS
        gain = PlannedGain(claim, *sds, base, n, n, family, not paper.own_split(key.dataset), method.n or 1, baseline.n or 1)
        found[key] = gain, not (method.sd and baseline.sd)
    return list(found.values())


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan
