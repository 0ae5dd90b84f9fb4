"""What the methods of a table are compared with, and what came of it: its baseline, or a new method's every rival."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.report.across.build import across_view
from bench.report.across.view import AcrossView
from bench.report.cells import GatheredTable, own_cells
from bench.report.findings import findings
from bench.report.formatting import number, probability
from bench.report.images import new_images
from bench.report.reported import Key
from bench.report.verdicts import GainView
from bench.report.view import ComparisonView, CostView
from bench.stats import Counts, Difference, Pairwise, against_baselines


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


def baseline_reference(found: GatheredTable) -> Reference:
    """Every method of a table against its column's baseline."""
    paper, cells, baseline_of = found.paper, found.cells, found.baseline_of
    scores = {key: cell.measured for key, cell in found.scores.items()}
    pairs = against_baselines(scores, baseline_of, own_cells(paper, scores), found.higher_is_better, found.alpha)
    images = new_images({key: (key, base) for key, base in baseline_of.items()}, cells)
    across = across_view(found)
    return Reference(
        words=f"gains over {paper.label(found.table.baseline)} in percentage points",
        gains={
            key: gain_view(pair, images.get(key))
            for key, pair in pairs.items()
            if cells[key].state == cells[baseline_of[key]].state == "measured"
        },
        better=frozenset(key for key, pair in pairs.items() if pair.outcome == "better"),
        sentences=tuple(findings(found, pairs, across)),
        family=Counts.of(pairs.values()).judged,
        across=across,
    )


def gain_view(pair: Pairwise, images: Difference | None = None) -> GainView:
    """A difference of two methods in one column; ``images`` is the same with its interval for new images."""
    return GainView.of(
        pair.difference,
        images,
        pair.p_adjusted,
        pair.difference.superiority,
        outcome=pair.outcome,
        family=pair.family,
        permutation=number(pair.permutation, probability),
        reason=pair.reason,
    )
