"""What the methods of a table are compared with, and what came of it: its baseline, or a new method's every rival."""

from __future__ import annotations

from collections import Counter
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
from bench.report.verdicts import GainView
from bench.report.view import ComparisonView, CostView
from bench.stats import (
    INTERVALS,
    OTHERS,
    OWN,
    Counts,
    Measured,
    Pairwise,
    against_baselines,
    cells_sentence,
    power_sentence,
    reach_of,
)


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
    scores = {key: cell.measured for key, cell in cells.items() if is_score(key.metric)}
    baseline_of = baselines(scores, table)
    own = frozenset(key for key in scores if key.variant in paper.own)
    pairs = against_baselines(scores, baseline_of, own, higher_is_better)
    across = across_view(paper, table, cells, stand_in)
    return Reference(
        words=f"gains over {paper.label(table.baseline)} in percentage points",
        gains={key: gain_view(pair) for key, pair in pairs.items() if cells[key].state != "missing"},
        better=frozenset(key for key, pair in pairs.items() if pair.outcome == "better"),
        sentences=tuple(filter(None, _findings(paper, table, scores, pairs, across))),
        family=sum(pair.outcome != "not judged" for pair in pairs.values()),
        across=across,
    )


def _findings(
    paper: Paper, table: Table, scores: Mapping[Key, Measured], pairs: Mapping[Key, Pairwise], across: AcrossView | None
) -> list[str]:
    """What was found over all columns, in single ones, how sure and how tested: in the order in which people ask."""
    trained = {key: pair for key, pair in pairs.items() if scores[key].sample.n}
    if not trained:
        return []
    label = paper.label(table.baseline)
    of = {family: Counts.of(pair for pair in trained.values() if pair.family == family) for family in (OWN, OTHERS)}
    said = [across.finding, across.left_out] if across else []
    said.append(cells_sentence(of[OWN], of[OTHERS], paper.short, label))
    if any(pair.outcome != "not judged" for pair in trained.values()):
        said += _power(paper, scores, {key: key.of(table.baseline) for key in trained}, trained)
        said.append(INTERVALS)
    return said


def _power(
    paper: Paper, scores: Mapping[Key, Measured], baseline_of: Mapping[Key, Key], pairs: Mapping[Key, Pairwise]
) -> list[str]:
    """What the comparisons of each dataset find, from their own spreads."""
    judged = Counter(pair.family for pair in pairs.values() if pair.outcome != "not judged")
    said = []
    datasets = dict.fromkeys(key.dataset for key in pairs)
    for dataset in datasets:
        compared = [(scores[key].sample, scores[baseline_of[key]].sample) for key in pairs if key.dataset == dataset]
        reach = reach_of(compared, max(judged.values()))
        if reach:
            said.append(power_sentence(reach, where=paper.label(dataset) if len(datasets) > 1 else ""))
    return said


def is_score(metric: str) -> bool:
    return METRICS[metric].kind == "score"


def baselines(keys: Iterable[Key], table: Table) -> dict[Key, Key]:
    """Every cell's baseline cell, where both are there."""
    known = set(keys)
    pairs = ((key, key.of(table.baseline)) for key in known)
    return {key: baseline for key, baseline in sorted(pairs) if key != baseline and baseline in known}


def gain_view(pair: Pairwise) -> GainView:
    """A difference of two methods in one column."""
    gain = pair.difference
    return GainView(
        estimate=number(gain.estimate, formatting.signed),
        low=number(gain.low, formatting.signed),
        high=number(gain.high, formatting.signed),
        interval=formatting.interval(gain.low, gain.high),
        p=number(gain.p, formatting.probability),
        p_adjusted=number(pair.p_adjusted, formatting.probability),
        permutation=number(pair.permutation, formatting.probability),
        hedges_g=number(gain.hedges_g, formatting.ratio),
        superiority=number(gain.superiority, formatting.ratio),
        outcome=pair.outcome,
        reason=pair.reason,
        family=pair.family,
    )
