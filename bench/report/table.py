"""A table and its results to a ``TableView``: no files, no side effects."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from bench.plan import Block, Entry, Paper, Scale, Table
from bench.plan.columns import with_columns, with_rows
from bench.plan.metrics import METRICS
from bench.plan.pages import Page
from bench.records.predictions import NO_PREDICTIONS, Predictions
from bench.records.result import Result
from bench.report.best_epoch import best_epochs, changed_verdicts
from bench.report.caption import assumptions_of, caption_of, datasets_of
from bench.report.cell import Context, cell_view
from bench.report.cells import Gathered, GatheredTable, gather
from bench.report.commands import page_command, stored_command
from bench.report.compute import row_costs
from bench.report.judgement import verdicts_of
from bench.report.printed import printed_sentence, table_claims
from bench.report.reference import Reference, baseline_reference
from bench.report.reported import Key, ReportedNumber, column_heading
from bench.report.sparklines import with_sparklines
from bench.report.view import BlockView, CellView, RowView, TableView
from bench.stats import (
    Standings,
    chance_sentence,
    collapsed_sentence,
    epoch_sentence,
    is_collapsed,
    standings,
    unjudged_best_sentence,
)


def table_view(
    paper: Paper,
    table: Table,
    results: Iterable[Result],
    reported: Mapping[Key, ReportedNumber],
    scale: Scale,
    seeds: Sequence[int],
    *,
    stored: bool = False,
    looks: int = 1,
    predictions: Predictions = NO_PREDICTIONS,
) -> TableView:
    """Everything that a rendered table shows: its methods against its baseline, beside the paper's numbers.

    Parameters
    ----------
    results
        Results of any runs, read one at a time; those of other scales, papers and cells are left aside.
    reported
        The table's printed numbers, as ``load_reported`` reads them.
    seeds
        The seeds that a complete cell has.
    stored
        Whether they are the stored results.
    looks
        How often results are tested as seeds are added; every test is made at 0.05 / looks. Results that were trained for more
        are tested at theirs.
    predictions
        What the table's networks predict, where they were looked at.

    Raises
    ------
    BenchError
        Two results for a run, results that do not belong together, metrics of opposite direction in one table.
    """
    cells = gather(paper, table, results, scale, seeds)
    if stored and table.compute:
        table = _stored_part(table, cells)
        cells = {Key.at(entry): cells[Key.at(entry)] for entry in table.entries()}
    found = GatheredTable(paper, table, cells, scale, seeds, reported, looks, predictions)
    reference = baseline_reference(found)
    if table.compute:
        reference = replace(reference, costs=row_costs(found))
    view = view_of(found, reference)
    page, all_invented = Page(scale.name, paper.name, table.name), set(datasets_of(table)) <= found.stand_ins
    command = stored_command(page) if stored else page_command(page, ".html", all_invented, seeds)
    return replace(view, stored=stored, command=command)


def _stored_part(table: Table, cells: Mapping[Key, Gathered]) -> Table:
    """The columns and rows that have stored results; the note names the others. All of them where nothing is stored."""

    def found(entry: Entry) -> bool:
        return cells[Key.at(entry)].state != "missing"

    if not any(map(found, table.entries())):
        return table
    cut, columns = with_columns(table, found)
    part, rows = with_rows(cut, found)
    lacking = "; ".join((*columns, *rows))
    return replace(part, note=f"{table.note} Nothing is stored of {lacking}." if lacking else table.note)


def view_of(found: GatheredTable, reference: Reference) -> TableView:
    """A table whose cells are gathered and compared already."""
    paper, table = found.paper, found.table
    datasets = datasets_of(table)
    context = Context(
        found=found,
        reference=reference,
        standings=_standings(table.blocks, found),
        claims=table_claims(paper, table, found.reported),
        verdicts=verdicts_of(found, found.scores),
        best_epoch=best_epochs(found),
    )
    shown: Counter[Key] = Counter()
    blocks = tuple(_block(block, replace(context, standings=_standings([block], found)), shown) for block in table.blocks)
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
        higher_is_better=found.higher_is_better,
        reference=table.baseline,
        baseline=paper.label(table.baseline),
        scale=found.scale.name,
        stand_ins=tuple(paper.label(name) for name in datasets if name in found.stand_ins),
        obstacle="; ".join(dict.fromkeys(filter(None, map(found.obstacle, found.datasets)))),
        blocks=blocks,
        sentences=tuple(filter(None, (*reference.sentences, *_of_the_paper(context)))),
        caption=caption_of(found),
        assumptions=assumptions_of(paper, datasets),
        gains=reference.words,
        family=reference.family,
        dataset_assumptions={name: assumptions_of(paper, [name]) for name in datasets},
        across=reference.across,
        comparison=reference.comparison,
    )


def item_label(name: str) -> str:
    """``table2`` as readers know it: Table 2."""
    match = re.fullmatch(r"(table|figure)[-_]?(.+)", name)
    return f"{match[1].capitalize()} {match[2]}" if match else name.replace("-", " ").capitalize()


def _measure(table: Table) -> str:
    """What the entries are, in words: the metrics by their unit, and what is tested."""
    by_unit: dict[str, list[str]] = {}
    for name in dict.fromkeys(entry.metric for entry in table.entries()):
        if METRICS[name].kind != "setting":
            by_unit.setdefault(METRICS[name].unit, []).append(METRICS[name].label)
    if not by_unit:
        return "our recipe"
    words = "; ".join(f"{' and '.join(labels)} in {unit}" for unit, labels in by_unit.items())
    trained = any(entry.trained and METRICS[entry.metric].is_score for entry in table.entries())
    return f"{words}, mean ± sd over seeds" if trained else words


def _standings(blocks: Iterable[Block], found: GatheredTable) -> dict[Key, Standings[Key]]:
    """Every cell's printed column, whose baselines may differ (Table R1 has a backbone per row); controls are in none."""
    of_cell: dict[Key, Standings[Key]] = {}
    for block in blocks:
        for entries in zip(*block.entries, strict=True):
            scored = [entry for entry in entries if entry and entry.trained and METRICS[entry.metric].is_score]
            keys = dict.fromkeys(Key.at(entry) for entry in scored if entry.variant not in found.table.controls)
            samples = {key: found.cells[key].measured.sample for key in keys}
            of_cell.update(dict.fromkeys(keys, standings(samples, found.higher_is_better, found.alpha)))
    return of_cell


def _unjudged(context: Context) -> str:
    """Where the best mean of a column is not the bold one, and why."""
    paper = context.found.paper
    above: dict[str, tuple[list[str], str]] = {}
    for key, column in context.standings.items():
        if key in column.unjudged_above:
            labels, _ = above.setdefault(column_heading(paper, key), ([], column.unjudged_above[key]))
            labels.append(paper.label(key.variant))
    return unjudged_best_sentence(above)


def _collapsed(found: GatheredTable) -> str:
    """Cells in which every run predicts one class."""
    columns: dict[str, tuple[dict[str, None], set[str]]] = {}
    for key, cell in found.cells.items():
        runs = [result for result in cell.results if result.status == "finished"]
        if not runs:
            continue
        labels, methods = columns.setdefault(column_heading(found.paper, key), ({}, set()))
        methods.add(key.variant)
        classes = len(runs[0].facts.get("data", {}).get("classes", ()))
        if classes > 1 and is_collapsed(tuple(run.metric("balanced_accuracy") for run in runs), classes):
            labels[found.paper.label(key.variant)] = None
    return collapsed_sentence({column: (list(labels), len(methods)) for column, (labels, methods) in columns.items() if labels})


def _of_the_paper(context: Context) -> tuple[str, ...]:
    """What the paper's own numbers carry, and what its verdicts are worth."""
    expected = context.verdicts.expected
    return (
        _unjudged(context),
        _collapsed(context.found),
        printed_sentence(context.found.paper, context.claims.values()),
        chance_sentence(expected) if math.isfinite(expected) else "",
        epoch_sentence(*changed_verdicts(context.verdicts, context.best_epoch)),
    )


def _block(block: Block, context: Context, shown: Counter[Key]) -> BlockView:
    rows: list[RowView] = []
    for _, lines in groupby(zip(block.rows, block.entries, strict=True), key=lambda line: line[0].group):
        group = list(lines)
        for place, (heading, entries) in enumerate(group):
            cells = tuple(
                _cell(entry, heading.label, column.label, context, shown) if entry else None
                for entry, column in zip(entries, block.columns, strict=True)
            )
            variants = {entry.variant for entry in entries if entry}
            rows.append(
                RowView(
                    label=heading.label,
                    group=heading.group,
                    group_span=0 if place else len(group),
                    is_baseline=variants <= {context.found.table.baseline},
                    cells=cells,
                    tag=next(filter(None, map(context.reference.tags.get, variants)), ""),
                    cost=next(filter(None, map(context.reference.costs.get, variants)), None),
                )
            )
    columns = groupby(block.columns, key=lambda column: column.group)
    return BlockView(
        block.title,
        tuple(column.label for column in block.columns),
        tuple((group, len(list(same))) for group, same in columns),
        with_sparklines(rows, context.found.stand_ins),
        block.heading,
    )


def _cell(entry: Entry, row: str, column: str, context: Context, shown: Counter[Key]) -> CellView:
    view = replace(cell_view(entry, row, column, context), repeated=shown[Key.at(entry)])
    shown[view.key] += 1
    return view
