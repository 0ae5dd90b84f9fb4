"""Small pictures of cells: the seeds, their mean and the paper's number on one axis per column."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bench.plan.metrics import METRICS
from bench.report.view import CellView, RowView, Sparkline

PADDING = 0.06  # of the axis, so that dots at its ends stay whole


def with_sparklines(rows: Sequence[RowView], stand_ins: frozenset[str]) -> tuple[RowView, ...]:
    """The rows with a sparkline in every cell that has numbers; stand-in data is never drawn beside the paper's."""
    columns = zip(*(row.cells for row in rows), strict=True)
    drawn = [_column(cells, stand_ins) for cells in columns]
    return tuple(replace(row, cells=tuple(column[position] for column in drawn)) for position, row in enumerate(rows))


def _column(cells: Iterable[CellView | None], stand_ins: frozenset[str]) -> list[CellView | None]:
    cells = list(cells)
    if any(cell and METRICS[cell.key.metric].kind != "score" for cell in cells):
        return cells  # a size or a setting has no scatter to draw
    numbers = [number for cell in cells if cell for number in _numbers(cell, cell.key.dataset not in stand_ins)]
    if not numbers:
        return cells
    low, high = min(numbers), max(numbers)
    margin = (high - low) * PADDING or 1.0
    return [cell and _drawn(cell, low - margin, high + margin, cell.key.dataset not in stand_ins) for cell in cells]


def _numbers(cell: CellView, with_paper: bool) -> list[float]:
    numbers = [seed.number.value for seed in cell.seeds if seed.number.known]
    if with_paper and cell.paper:
        sd = cell.paper.sd.value if cell.paper.sd.known else 0.0
        numbers += [cell.paper.value.value - sd, cell.paper.value.value + sd]
    return numbers


def _drawn(cell: CellView, low: float, high: float, with_paper: bool) -> CellView:
    def at(value: float) -> float | None:
        return round(100 * (value - low) / (high - low), 1) if math.isfinite(value) else None

    seeds = [at(seed.number.value) for seed in cell.seeds if seed.number.known]
    paper, sd = (cell.paper.value.value, cell.paper.sd.value) if with_paper and cell.paper else (math.nan, math.nan)
    if not seeds and not math.isfinite(paper):
        return cell
    sparkline = Sparkline(
        tuple(seed for seed in seeds if seed is not None), at(cell.mean.value), at(paper), at(paper - sd), at(paper + sd)
    )
    return replace(cell, sparkline=sparkline)
