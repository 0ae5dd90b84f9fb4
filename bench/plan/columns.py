"""Parts of tables: the columns that a scale has, and the columns and rows that have something to show."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from bench.plan.errors import BenchError, one_of
from bench.plan.figures import ComputeFigure
from bench.plan.values import Entry, Paper, Table


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
    cut, lacking = with_columns(table, lambda entry: f"{entry.dataset}/{entry.backbone}" in wanted)
    said = f"Columns that the scale '{scale}' leaves out: {'; '.join(lacking)}." if lacking else ""
    rest, _ = with_rows(cut, lambda entry: True)
    return replace(rest, note=" ".join(filter(None, (table.note, said))))


def with_columns(table: Table, wanted: Callable[[Entry], bool]) -> tuple[Table, list[str]]:
    """The table with the columns of which any entry is wanted, and the labels of the others; a block without any goes."""
    blocks, lacking = [], dict[str, None]()
    for block in table.blocks:
        kept = [
            place for place, entries in enumerate(zip(*block.entries, strict=True)) if any(map(wanted, filter(None, entries)))
        ]
        lacking |= dict.fromkeys(column.label for place, column in enumerate(block.columns) if place not in kept)
        if kept:
            blocks.append(block.with_columns(kept))
    return replace(table, blocks=tuple(blocks)), list(lacking)


def with_rows(table: Table, wanted: Callable[[Entry], bool]) -> tuple[Table, list[str]]:
    """The table with the rows of which any entry is wanted, and the labels of the others.

    A block of which the baseline alone is left goes as well.
    """
    blocks, lacking = [], []
    for block in table.blocks:
        rows = list(zip(block.rows, block.entries, strict=True))
        kept = [(head, entries) for head, entries in rows if any(entry and wanted(entry) for entry in entries)]
        lacking += [head.label for head, entries in rows if (head, entries) not in kept]
        if any(entry and entry.variant != table.baseline for _, entries in kept for entry in entries) or len(kept) == len(rows):
            blocks.append(replace(block, rows=tuple(head for head, _ in kept), entries=tuple(entries for _, entries in kept)))
    return replace(table, blocks=tuple(blocks)), lacking
