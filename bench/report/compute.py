"""What a table's methods cost beside its baseline: counted operations and measured seconds, teachers' trainings included."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.plan import Cell, Paper, Scale, Table
from bench.plan.compute import EQUAL
from bench.plan.figures import Place
from bench.plan.resolve import flops_of
from bench.records.result import Result
from bench.report import formatting
from bench.report.cells import Gathered, GatheredTable
from bench.report.formatting import NO_NUMBER, Number
from bench.report.provenance import provenances
from bench.report.reported import Key
from bench.report.view import CostView

WORDS = (
    "Counted operations of a training, its teachers' trainings included, relative to the baseline's (convolutions and matrix "
    "products, forward and backward; bench/plan/step_costs.csv), as means over the columns; the time is measured, with that of "
    "the teachers."
)
EQUAL_WORDS = (
    "A method and its teachers train for as many epochs as cost what the baseline's do, the schedule stretched along. "
)


@dataclass(frozen=True)
class Compute:
    """Operations of a paper's trainings at a scale, relative to those of a baseline."""

    paper: Paper
    scale: Scale
    baseline: str
    _known: dict[Cell, float] = field(default_factory=dict)

    def relative(self, place: Place, variant: str) -> float:
        """Of a variant's trainings, teachers' included, at a dataset and backbone."""
        return self._flops(place, variant) / self._flops(place, self.baseline)

    def _flops(self, place: Place, variant: str) -> float:
        cell = Cell(self.scale.name, self.paper.name, *place, variant)
        if cell not in self._known:
            self._known[cell] = flops_of(cell.run(0), self.paper, self.scale)
        return self._known[cell]


def row_costs(found: GatheredTable) -> dict[str, CostView]:
    """By variant, of a table that shows what its methods cost."""
    by_variant: dict[str, list[Key]] = {}
    for key in found.cells:
        by_variant.setdefault(key.variant, []).append(key)
    compute = Compute(found.paper, found.scale, found.table.baseline)
    return {variant: _cost(compute, keys, found.cells) for variant, keys in by_variant.items()}


def words_of(table: Table) -> str:
    """What the column of costs holds."""
    return (EQUAL_WORDS if table.compute == EQUAL else "") + WORDS


def _cost(compute: Compute, keys: Sequence[Key], cells: Mapping[Key, Gathered]) -> CostView:
    relative = [compute.relative((key.dataset, key.backbone), key.variant) for key in keys]
    pairs = [(_seconds(cells[key].results), _seconds(cells[key.of(compute.baseline)].results)) for key in keys]
    times = [ours / theirs for ours, theirs in pairs if ours and theirs]
    seconds = [ours for ours, _ in pairs if ours]
    relative_cost = statistics.mean(relative)
    words = f"{formatting.duration(statistics.mean(seconds))} ({statistics.mean(times):.2f} ×)" if times else ""
    return CostView(
        relative=Number(relative_cost, f"{relative_cost:.2f} ×"),
        seconds=Number(statistics.mean(seconds), words) if times else NO_NUMBER,
        parameters=NO_NUMBER,
    )


def _seconds(results: Iterable[Result]) -> float:
    """Mean time of the finished runs; 0 where none is known."""
    costs = [found.cost for found in provenances(result for result in results if result.status == "finished")]
    known = [cost.train_seconds + (cost.teacher_seconds or 0.0) for cost in costs if cost.train_seconds]
    return statistics.mean(known) if known else 0.0
