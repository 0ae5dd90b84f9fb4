"""A table and its results to a ``TableView``: no files, no side effects."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from bench.plan import BenchError, Block, Paper, Scale, Table, one_of
from bench.records.result import Result
from bench.report.caption import assumptions_of, caption_of
from bench.report.cells import Gathered, gather, obstacle, stand_in
from bench.report.place import Context, as_reported, cell_view
from bench.report.reported import Key, Printed
from bench.report.sentences import claims_sentence, gains_sentence
from bench.report.strips import block_strips
from bench.report.view import BlockView, CellView, RowView, TableView, VerdictView
from bench.stats import VERDICTS, CellComparison, Claim, TableComparison, compare_table, detectable_sentence, paper_claims

# Metric to what readers call it and whether higher is better; all in percent.
METRICS = {
    "accuracy": ("accuracy", True),
    "best_accuracy": ("best epoch's accuracy", True),
    "balanced_accuracy": ("balanced accuracy", True),
    "top5_accuracy": ("top-5 accuracy", True),
    "train_accuracy": ("training accuracy", True),
    "error": ("error rate", False),
}


def table_view(
    paper: Paper,
    table: Table,
    results: Iterable[Result],
    reported: Mapping[Key, Printed],
    scale: Scale,
    seeds: Sequence[int],
) -> TableView:
    """Everything that a rendered table shows.

    Parameters
    ----------
    results
        Results of any runs; those of other scales, papers and cells are left aside.
    reported
        The table's printed numbers, as ``load_reported`` reads them.
    seeds
        The seeds that a complete cell has.

    Raises
    ------
    BenchError
        Two results for a run, results that do not belong together, metrics of opposite direction in one table.
    """
    datasets = list(dict.fromkeys(entry.dataset for entry in table.entries()))
    context = _context(paper, table, gather(paper, table, results, scale, seeds), reported, scale)
    blocks = tuple(_block(block, context) for block in table.blocks)
    found = [cell for block in blocks for row in block.rows for cell in row.cells if cell is not None]
    used = [result for cell in context.cells.values() for result in cell.results]
    metrics = list(dict.fromkeys(entry.metric for entry in table.entries()))
    return TableView(
        paper=paper.name,
        paper_title=paper.title,
        short=paper.short,
        citation=paper.citation,
        name=table.name,
        label=item_label(table.name),
        title=table.title,
        note=table.note,
        metric=" and ".join(METRICS[metric][0] for metric in metrics),
        unit="percent",
        higher_is_better=context.higher_is_better,
        baseline=paper.label(table.baseline),
        scale=scale.name,
        stand_ins=tuple(paper.label(name) for name in datasets if name in context.stand_ins),
        obstacle="; ".join(dict.fromkeys(filter(None, context.obstacles.values()))),
        blocks=blocks,
        sentences=_sentences(context.comparison, found, paper, table),
        caption=caption_of(paper, scale, datasets, used, seeds),
        assumptions=assumptions_of(paper, datasets),
        level_counts=_counts(cell.level for cell in found),
        gain_counts=_counts(cell.gain_verdict for cell in found),
    )


def _context(
    paper: Paper, table: Table, cells: Mapping[Key, Gathered], reported: Mapping[Key, Printed], scale: Scale
) -> Context:
    """Every comparison that the table's cells quote from."""
    higher_is_better = _direction(table)
    datasets = list(dict.fromkeys(entry.dataset for entry in table.entries()))
    values = {key: cell.values for key, cell in cells.items() if cell.state == "measured"}
    return Context(
        paper=paper,
        table=table,
        cells=cells,
        reported=reported,
        comparison=compare_table(values, _baselines(values, table), higher_is_better),
        standings=_standings(table, values, higher_is_better),
        claims=_claims(paper, table, reported, cells, higher_is_better),
        obstacles={name: obstacle(name, cells, scale) for name in datasets},
        stand_ins=frozenset(name for name in datasets if stand_in(name, cells, scale)),
        higher_is_better=higher_is_better,
    )


def item_label(name: str) -> str:
    """``table2`` as readers know it: Table 2."""
    match = re.fullmatch(r"(table|figure)[-_]?(.+)", name)
    return f"{match[1].capitalize()} {match[2]}" if match else name


def _direction(table: Table) -> bool:
    metrics = {entry.metric for entry in table.entries()}
    for metric in sorted(metrics):
        if metric not in METRICS:
            raise BenchError(f"{table.name}: unknown metric '{metric}'; {one_of(metric, METRICS)}")
    directions = {METRICS[metric][1] for metric in metrics}
    if len(directions) > 1:
        raise BenchError(f"{table.name}: mixes accuracies and error rates; one table needs one direction")
    return directions.pop()


def _baselines(keys: Iterable[Key], table: Table) -> dict[Key, Key]:
    """Every cell's baseline cell, where both are there."""
    known = set(keys)
    pairs = ((key, key.of(table.baseline)) for key in known)
    return {key: baseline for key, baseline in sorted(pairs) if key != baseline and baseline in known}


def _standings(table: Table, values: Mapping[Key, Sequence[float]], higher_is_better: bool) -> dict[Key, CellComparison]:
    """Every cell beside the others of its printed column, whose baselines may differ (Table R1 has a backbone per row)."""
    found: dict[Key, CellComparison] = {}
    for block in table.blocks:
        for entries in zip(*block.entries, strict=True):
            keys = [Key.at(entry) for entry in entries if entry and entry.trained]
            column = {key: values[key] for key in keys if key in values}
            hub = next(iter(column), None)  # a column is what shares a baseline; only the marks are read
            found.update(compare_table(column, {key: hub for key in column if hub}, higher_is_better).cells)
    return found


def _claims(
    paper: Paper, table: Table, reported: Mapping[Key, Printed], cells: Mapping[Key, Gathered], higher_is_better: bool
) -> Mapping[Key, Claim]:
    printed = {key: as_reported(paper, reported[key]) for key in cells if key in reported}
    return paper_claims(printed, _baselines(printed, table), higher_is_better)


def _block(block: Block, context: Context) -> BlockView:
    rows: list[RowView] = []
    groups = [row.group for row in block.rows]
    for position, (heading, entries) in enumerate(zip(block.rows, block.entries, strict=True)):
        starts = position == 0 or groups[position - 1] != heading.group
        span = next((n for n, group in enumerate(groups[position:]) if group != heading.group), len(groups) - position)
        cells = tuple(
            None if entry is None else cell_view(entry, heading.label, column.label, context)
            for entry, column in zip(entries, block.columns, strict=True)
        )
        is_baseline = all(entry is None or entry.variant == context.table.baseline for entry in entries)
        rows.append(RowView(heading.label, heading.group, span if starts else 0, is_baseline, cells))
    spans: list[tuple[str, int]] = []
    for column in block.columns:
        if spans and spans[-1][0] == column.group:
            spans[-1] = (column.group, spans[-1][1] + 1)
        else:
            spans.append((column.group, 1))
    return BlockView(
        block.title, tuple(column.label for column in block.columns), tuple(spans), block_strips(rows, context.stand_ins)
    )


def _sentences(comparison: TableComparison[Key], cells: Sequence[CellView], paper: Paper, table: Table) -> tuple[str, ...]:
    tested = comparison.family > 0
    sentences = (
        gains_sentence(cells, paper.label(table.baseline)),
        detectable_sentence(comparison.smallest_difference, comparison.family, comparison.n, comparison.sd) if tested else "",
        claims_sentence(cells, paper.short),
    )
    return tuple(filter(None, sentences))


def _counts(verdicts: Iterable[VerdictView | None]) -> dict[str, int]:
    counts = Counter(verdict.name for verdict in verdicts if verdict)
    return {name: counts[name] for name in VERDICTS if counts[name]}
