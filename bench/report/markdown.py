"""A table as Markdown, for issues, reviews and notebooks: what is written there must not become markup."""

from __future__ import annotations

import re

from bench.report.page import PageView
from bench.report.view import BlockView, CellView, TableView

_MARKUP = re.compile(r"([\\`*_\[\]<>|~&])")


def page_markdown(view: PageView) -> str:
    """Its tables, one below the other."""
    return "\n".join(map(table_markdown, view.tables))


def table_markdown(view: TableView) -> str:
    """A pipe table per block: ours with its marks, the paper's number and the difference in brackets, the verdicts' symbols.

    In a comparison the new method's difference to the row's stands in brackets.
    """
    words = f"stand-in data for {', '.join(view.stand_ins)}; no reproduction" if view.stand_in else view.obstacle
    remark = f" ({_text(words)})" if words else ""
    comparison = view.comparison
    found = f" {_text(comparison.headline)}" if comparison else ""
    head = f"**{_text(view.label)}: {_text(view.title)}.** {_text(view.short)}, {_text(view.measure)}{remark}.{found}"
    marks = f"Bold: best of its column. †: significantly better than {_text(view.baseline)} (Holm, 5 %)."
    if comparison:
        marks = f"Bold: best of its column. In brackets: {_text(comparison.label)} against the row's method, pp (Holm, 5 %)."
    blocks = [_block(block, comparison is not None) for block in view.blocks]
    return "\n\n".join([head, *blocks, *([marks] if view.has_gains else [])]) + "\n"


def _block(block: BlockView, compared: bool) -> str:
    groups = [group for group, span in block.column_groups for _ in range(span)]
    columns = [" ".join(filter(None, pair)) for pair in zip(groups, block.columns, strict=True)]
    lines = [_line([_text(block.title or block.heading), *map(_text, columns)]), _line(["---"] * (len(columns) + 1))]
    rows = [_line([_text(row.name), *(_cell(cell, compared) for cell in row.cells)]) for row in block.rows]
    return "\n".join(lines + rows)


def _cell(cell: CellView | None, compared: bool) -> str:
    if cell is None:
        return ""
    parts = []
    if cell.mean.known:
        mean = f"**{cell.mean.text}**" if cell.best else cell.mean.text
        sd = f" ± {cell.sd.text}" if cell.sd.known else ""
        parts.append(f"{mean}{sd}{'†' if cell.dagger else ''}{f' ({cell.n_text})' if cell.n_text else ''}")
    elif cell.state != "reported":
        parts.append("—")
    if cell.words:
        parts.append(f"({_text(cell.words)})")
    if compared and cell.gain and cell.gain.estimate.known:
        parts.append(f"({cell.gain.estimate.text}, {cell.gain.words})")
    if cell.paper:
        sd = f" ± {_text(cell.paper.sd.text)}" if cell.paper.sd.known else ""
        difference = f", {cell.difference.text}" if cell.difference.known else ""
        parts.append(f"(paper {_text(cell.paper.value.text)}{sd}{difference})")
    return " ".join(parts + [verdict.symbol for _, verdict in cell.verdicts])


def _line(fields: list[str]) -> str:
    return f"| {' | '.join(fields)} |"


def _text(words: str) -> str:
    return _MARKUP.sub(r"\\\1", " ".join(words.split()))
