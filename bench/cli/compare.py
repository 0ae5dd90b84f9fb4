"""``compare``: a new method beside stored results."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.common import Log, Set, SettingsFile, logged, plan_of
from bench.cli.reports import refresh_index
from bench.cli.training import train_in_turn
from bench.plan import Plan, Run
from bench.plan.comparison import beside, is_trained, name_of

if TYPE_CHECKING:
    from bench.records.comparison import ComparedTable
    from bench.records.sources import Sources
    from bench.report.comparison import NewMethod


def compare(
    file: Annotated[Path, typer.Argument(help="A .py file with a method, or a .csv file with numbers of one.")],
    targets: Annotated[
        list[str] | None,
        typer.Argument(help="Tables, as in drrnet/table2; absent means every one with stored results.", metavar="[TABLE]..."),
    ] = None,
    train: Annotated[bool, typer.Option(help="Train what is missing, one run after the other.")] = True,
    log: Log = None,
    settings: Set = None,
    settings_file: SettingsFile = None,
) -> None:
    """Train a new method where stored results are, and compare it with every stored method there.

    The workflow's reports/compare/NAME.html does the same and trains side by side.

    Example: `python -m bench compare my_method.py --set scale=laptop --set data_dir=/data`
    """
    chosen = [f"compare={json.dumps(targets)}"] if targets else []
    plan = plan_of([*(settings or ()), f"new_method={json.dumps(str(file))}", *chosen], settings_file)
    name = name_of(plan.settings)
    with logged(log):
        from bench.records.comparison import compared_tables, runs_of
        from bench.records.sources import sources_of_comparison
        from bench.records.tries import earlier_tries
        from bench.report.comparison import comparison_tables
        from bench.report.page import comparison_page
        from bench.report.render import render_page

        found = compared_tables(plan)
        runs = runs_of(plan, found, name) if is_trained(plan.settings) else []
        new = _trained(plan, found, name, runs, train) if runs else _given(name, file)
        new = replace(new, earlier=earlier_tries(name, file, plan.settings.new_method_params))
        sources = sources_of_comparison(plan, [(each.paper.name, each.table.name) for each in found], runs)
        page = comparison_page(plan, comparison_tables(plan, found, new), new)
        for compared in found if runs else ():
            _render_table(plan, compared, new, page.command, sources)
        path = render_page(page, sources)[0]
        refresh_index(plan)
        for compared, table in zip(found, page.tables, strict=True):
            print(f"{compared.target}: {table.comparison.headline if table.comparison else ''}")
        print(path)


def _trained(plan: Plan, found: list[ComparedTable], name: str, runs: list[Run], train: bool) -> NewMethod:
    """The new method with its results; what is missing is trained first where ``train`` says so."""
    from bench.records.comparison import refuse_other_data
    from bench.records.record import fresh_results
    from bench.records.stale import marked
    from bench.report.comparison import NewMethod

    refuse_other_data(plan, found, name)
    if train:
        train_in_turn(plan, plan.with_teachers(runs))
    results = list(marked(plan, fresh_results(runs)))
    refuse_other_data(plan, found, name, results)
    return NewMethod(name, found[0].paper.label(name), results)


def _given(name: str, file: Path) -> NewMethod:
    """The new method with the numbers of a file."""
    from bench.records.numbers import read_numbers
    from bench.report.comparison import NewMethod

    return NewMethod(name, name, given=read_numbers(file))


def _render_table(plan: Plan, compared: ComparedTable, new: NewMethod, command: str, sources: Sources) -> None:
    """The paper's table with the new row, beside the paper's numbers."""
    from bench.report.page import table_page, with_row
    from bench.report.render import render_page
    from bench.report.reported import load_reported
    from bench.report.table import table_view

    paper = compared.paper
    table = beside(compared.table, compared.row(new.name), new.label, compared.columns)
    reported = load_reported(plan.settings.reported_of(paper.name), paper, compared.table.name)
    view = table_view(
        paper,
        table,
        [*compared.stored, *new.results],
        reported,
        plan.scale,
        plan.seeds_of(paper.name),
        looks=plan.settings.looks,
    )
    render_page(table_page(with_row(view, new, command)), sources)
