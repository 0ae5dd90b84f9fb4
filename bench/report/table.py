"""A table and its results to a ``TableView``: no files, no side effects."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bench.plan import BenchError, Block, Entry, Paper, Scale, Table
from bench.plan.metrics import METRICS
from bench.records.result import Result
from bench.report.across.build import across_view
from bench.report.caption import assumptions_of, caption_of
from bench.report.cell import Context, as_reported, cell_view
from bench.report.cells import Gathered, gather, obstacle, stand_in
from bench.report.details import table_command
from bench.report.reported import Key, Printed
from bench.report.sentences import claims_sentence, gains_sentence
from bench.report.sparklines import block_strips
from bench.report.view import BlockView, CellView, RowView, TableView, VerdictView
from bench.stats import VERDICTS, CellComparison, Claim, TableComparison, compare_table, detectable_sentence, paper_claims


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
    datasets = _datasets(table)
    context = _context(paper, table, gather(paper, table, results, scale, seeds), reported, scale)
    shown: Counter[Key] = Counter()
    blocks = tuple(_block(block, context, shown) for block in table.blocks)
    found = [cell for block in blocks for row in block.rows for cell in row.cells if cell is not None and not cell.repeated]
    used = list({result.run: result for cell in context.cells.values() for result in cell.results}.values())
    return TableView(
        paper=paper.name,
        paper_title=paper.title,
        short=paper.short,
        citation=paper.citation,
        name=table.name,
        label=item_label(table.name),
        title=table.title,
        note=table.note,
        measure=_measure(table),
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
        dataset_assumptions={name: assumptions_of(paper, [name]) for name in datasets},
        command=table_command(paper, table, scale, seeds, stand_in=set(datasets) <= context.stand_ins),
        across=across_view(paper, table, context.cells, bool(context.stand_ins)),
    )


def _context(
    paper: Paper, table: Table, cells: Mapping[Key, Gathered], reported: Mapping[Key, Printed], scale: Scale
) -> Context:
    """Every comparison that the table's cells quote from."""
    higher_is_better = _direction(table)
    trained = dict.fromkeys(key.dataset for key in cells)
    values = {key: cell.values for key, cell in cells.items() if cell.state == "measured" and _scored(key.metric)}
    return Context(
        paper=paper,
        table=table,
        cells=cells,
        reported=reported,
        comparison=compare_table(values, _baselines(values, table), higher_is_better),
        standings=_standings(table, values, higher_is_better),
        claims=_claims(paper, table, reported, cells, higher_is_better),
        obstacles={name: obstacle(name, cells, scale) for name in trained},
        stand_ins=frozenset(name for name in trained if stand_in(name, cells, scale)),
        higher_is_better=higher_is_better,
    )


def item_label(name: str) -> str:
    """``table2`` as readers know it: Table 2."""
    match = re.fullmatch(r"(table|figure)[-_]?(.+)", name)
    return f"{match[1].capitalize()} {match[2]}" if match else name.replace("-", " ").capitalize()


def _datasets(table: Table) -> list[str]:
    """Those that a table has cells of ours on; a dataset of printed numbers alone needs no caption."""
    return list(dict.fromkeys(entry.dataset for entry in table.entries() if entry.kind != "reported"))


def _scored(metric: str) -> bool:
    return METRICS[metric].kind == "score"


def _measure(table: Table) -> str:
    """What the entries are, in words: the metrics by their unit, and what is tested."""
    by_unit: dict[str, list[str]] = {}
    for name in dict.fromkeys(entry.metric for entry in table.entries()):
        if METRICS[name].kind != "setting":
            by_unit.setdefault(METRICS[name].unit, []).append(METRICS[name].label)
    if not by_unit:
        return "our recipe"
    words = "; ".join(f"{' and '.join(labels)} in {unit}" for unit, labels in by_unit.items())
    trained = any(entry.trained and _scored(entry.metric) for entry in table.entries())
    return f"{words}, mean ± sd over seeds" if trained else words


def _direction(table: Table) -> bool:
    directions = {METRICS[entry.metric].higher_is_better for entry in table.entries() if _scored(entry.metric)}
    if len(directions) > 1:
        raise BenchError(f"{table.name}: mixes accuracies and error rates; one table needs one direction")
    return directions.pop() if directions else True


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
            keys = dict.fromkeys(Key.at(entry) for entry in entries if entry and entry.trained)
            column = {key: values[key] for key in keys if key in values}
            hub = next(iter(column), None)  # a column is what shares a baseline; only the marks are read
            found.update(compare_table(column, {key: hub for key in column if hub}, higher_is_better).cells)
    return found


def _claims(
    paper: Paper, table: Table, reported: Mapping[Key, Printed], cells: Mapping[Key, Gathered], higher_is_better: bool
) -> Mapping[Key, Claim]:
    printed = {key: as_reported(paper, reported[key]) for key in cells if key in reported and _scored(key.metric)}
    return paper_claims(printed, _baselines(printed, table), higher_is_better)


def _block(block: Block, context: Context, shown: Counter[Key]) -> BlockView:
    rows: list[RowView] = []
    groups = [row.group for row in block.rows]
    for position, (heading, entries) in enumerate(zip(block.rows, block.entries, strict=True)):
        starts = position == 0 or groups[position - 1] != heading.group
        span = next((n for n, group in enumerate(groups[position:]) if group != heading.group), len(groups) - position)
        cells = tuple(
            _place(entry, heading.label, column.label, context, shown) if entry else None
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
        block.title,
        tuple(column.label for column in block.columns),
        tuple(spans),
        block_strips(rows, context.stand_ins),
        block.heading,
    )


def _place(entry: Entry, row: str, column: str, context: Context, shown: Counter[Key]) -> CellView:
    view = replace(cell_view(entry, row, column, context), repeated=shown[Key.at(entry)])
    shown[view.key] += 1
    return view


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
