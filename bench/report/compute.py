"""What a table's methods cost beside its baseline: counted operations and measured seconds, teachers' trainings included."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence

from bench.plan import Cell, Paper, Scale, Table
from bench.plan.compute import EQUAL
from bench.plan.resolve import flops_of
from bench.records.result import Result
from bench.report import formatting
from bench.report.cells import Gathered
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


def relative_compute(paper: Paper, scale: Scale, place: tuple[str, str], variant: str, baseline: str) -> float:
    """Operations of a cell's trainings, relative to those of a baseline's at the same dataset and backbone."""
    cells = (Cell(scale.name, paper.name, *place, name).run(0) for name in (variant, baseline))
    ours, theirs = (flops_of(run, paper, scale) for run in cells)
    return ours / theirs


def row_costs(paper: Paper, table: Table, cells: Mapping[Key, Gathered], scale: Scale) -> dict[str, CostView]:
    """By variant, of a table that shows what its methods cost."""
    by_variant: dict[str, list[Key]] = {}
    for key in cells:
        by_variant.setdefault(key.variant, []).append(key)
    return {variant: _cost(paper, table, keys, cells, scale) for variant, keys in by_variant.items()}


def words_of(table: Table) -> str:
    """What the column of costs holds."""
    return (EQUAL_WORDS if table.compute == EQUAL else "") + WORDS


def _cost(paper: Paper, table: Table, keys: Sequence[Key], cells: Mapping[Key, Gathered], scale: Scale) -> CostView:
    places = [(key.dataset, key.backbone) for key in keys]
    relative = [relative_compute(paper, scale, place, keys[0].variant, table.baseline) for place in places]
    pairs = [(_seconds(cells[key].results), _seconds(cells[key.of(table.baseline)].results)) for key in keys]
    times = [ours / theirs for ours, theirs in pairs if ours and theirs]
    seconds = [ours for ours, _ in pairs if ours]
    return CostView(
        relative=_times(statistics.mean(relative)),
        seconds=_with_ratio(statistics.mean(seconds), statistics.mean(times)) if times else NO_NUMBER,
        parameters=NO_NUMBER,
    )


def _seconds(results: Iterable[Result]) -> float:
    """Mean time of the finished runs; 0 where none is known."""
    costs = [found.cost for found in provenances(result for result in results if result.status == "finished")]
    known = [cost.train_seconds + (cost.teacher_seconds or 0.0) for cost in costs if cost.train_seconds]
    return statistics.mean(known) if known else 0.0


def _times(value: float) -> Number:
    return Number(value, f"{value:.2f} ×")


def _with_ratio(seconds: float, ratio: float) -> Number:
    return Number(seconds, f"{formatting.duration(seconds)} ({ratio:.2f} ×)")
