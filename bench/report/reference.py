"""What the methods of a table are compared with, and what came of it: its baseline, or a new method's every rival."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bench.plan import Paper, Table
from bench.plan.metrics import METRICS
from bench.report import formatting
from bench.report.across.build import across_view
from bench.report.across.view import AcrossView
from bench.report.cells import Gathered
from bench.report.formatting import number
from bench.report.reported import Key
from bench.report.sentences import gains_sentence
from bench.report.verdicts import GainView
from bench.report.view import ComparisonView, CostView
from bench.stats import Difference, TableComparison, compare_table, detectable_sentence, seeds_sentence, seeds_to_settle


@dataclass(frozen=True)
class Reference:
    """The tested differences of a table.

    Attributes
    ----------
    words
        What the differences are.
    gains
        The difference that stands in a cell.
    better
        The cells whose method is significantly better than the baseline.
    sentences
        What was found, and what could have been.
    remarks
        What is said in a cell in the place of what its results say.
    tags, costs
        By variant, what is special about a row and what its method costs.
    """

    words: str
    gains: Mapping[Key, GainView]
    better: frozenset[Key] = frozenset()
    sentences: tuple[str, ...] = ()
    family: int = 0
    across: AcrossView | None = None
    remarks: Mapping[Key, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    costs: Mapping[str, CostView] = field(default_factory=dict)
    comparison: ComparisonView | None = None


def baseline_reference(
    paper: Paper, table: Table, cells: Mapping[Key, Gathered], higher_is_better: bool, stand_in: bool
) -> Reference:
    """Every method of a table against its column's baseline."""
    values = scored_values(cells)
    found = compare_table(values, baselines(values, table), higher_is_better)
    gains = {key: view for key in found.cells if (view := _gain(key, found))}
    label = paper.label(table.baseline)
    reach = detectable_sentence(found.smallest_difference, found.family, found.n, found.sd) if found.family else ""
    return Reference(
        words=f"gains over {label} in percentage points",
        gains=gains,
        better=frozenset(key for key, cell in found.cells.items() if cell.dagger),
        sentences=tuple(filter(None, (gains_sentence(list(gains.values()), label), reach))),
        family=found.family,
        across=across_view(paper, table, cells, stand_in),
    )


def scored_values(cells: Mapping[Key, Gathered]) -> dict[Key, tuple[float, ...]]:
    """The values of the cells that can be tested."""
    return {key: cell.values for key, cell in cells.items() if cell.state == "measured" and is_score(key.metric)}


def is_score(metric: str) -> bool:
    return METRICS[metric].kind == "score"


def baselines(keys: Iterable[Key], table: Table) -> dict[Key, Key]:
    """Every cell's baseline cell, where both are there."""
    known = set(keys)
    pairs = ((key, key.of(table.baseline)) for key in known)
    return {key: baseline for key, baseline in sorted(pairs) if key != baseline and baseline in known}


def gain_view(gain: Difference, p_adjusted: float, permutation: float, outcome: str, seeds: int | None) -> GainView:
    """A tested difference, and how many seeds would settle it where none was found."""
    return GainView(
        estimate=number(gain.estimate, formatting.signed),
        low=number(gain.low, formatting.signed),
        high=number(gain.high, formatting.signed),
        interval=formatting.interval(gain.low, gain.high),
        p=number(gain.p, formatting.probability),
        p_adjusted=number(p_adjusted, formatting.probability),
        permutation=number(permutation, formatting.probability),
        hedges_g=number(gain.hedges_g, formatting.ratio),
        superiority=number(gain.superiority, formatting.ratio),
        outcome=outcome,
        settle=seeds_sentence(gain.estimate, seeds) if outcome == "no difference found" else "",
        seeds_to_settle=seeds,
    )


def _gain(key: Key, found: TableComparison[Key]) -> GainView | None:
    cell = found.cells[key]
    if cell.gain is None:
        return None
    seeds = seeds_to_settle(cell.outcome, cell.gain, found.sd, found.family)
    return gain_view(cell.gain, cell.p_adjusted, cell.permutation, cell.outcome, seeds)
