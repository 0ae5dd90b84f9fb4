"""The columns of a paper's tables that a scale has: a laptop trains one of what a cluster trains nine of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bench.plan.errors import BenchError, one_of
from bench.plan.figures import ComputeFigure
from bench.plan.values import Block, Paper, Table


def cut_to(paper: Paper, columns: Iterable[str], scale: str) -> Paper:
    """The paper with the columns ``dataset/backbone`` alone; its tables' notes name what another scale has.

    Raises
    ------
    BenchError
        If no table has one of them.
    """
    wanted = set(columns)
    known = {f"{entry.dataset}/{entry.backbone}" for table in paper.tables.values() for entry in table.entries()}
    for column in sorted(wanted - known):
        raise BenchError(f"scale '{scale}', columns of {paper.name}: no table has '{column}'; {one_of(column, known)}")
    tables = {name: _table(table, wanted, scale) for name, table in paper.tables.items()}
    figures = {
        name: replace(figure, places=tuple(place for place in figure.places if "/".join(place[:2]) in wanted))
        if isinstance(figure, ComputeFigure)
        else figure
        for name, figure in paper.figures.items()
    }
    return replace(paper, tables=tables, figures=figures)


def _table(table: Table, wanted: set[str], scale: str) -> Table:
    kept = [(block, _kept(block, wanted)) for block in table.blocks]
    lacking = dict.fromkeys(
        column.label for block, places in kept for place, column in enumerate(block.columns) if place not in places
    )
    blocks = tuple(
        replace(
            block,
            columns=tuple(block.columns[place] for place in places),
            entries=tuple(tuple(row[place] for place in places) for row in block.entries),
        )
        for block, places in kept
        if places
    )
    said = f"Columns that the scale '{scale}' leaves out: {'; '.join(lacking)}." if lacking else ""
    return replace(table, blocks=blocks, note=" ".join(filter(None, (table.note, said))))


def _kept(block: Block, wanted: set[str]) -> list[int]:
    places = [
        {f"{entry.dataset}/{entry.backbone}" for row in block.entries if (entry := row[place])}
        for place in range(len(block.columns))
    ]
    return [number for number, here in enumerate(places) if here & wanted]
