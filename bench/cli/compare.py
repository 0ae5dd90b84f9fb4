"""``compare``: a new method beside stored results."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.common import Log, Set, SettingsFile, logged, plan_of
from bench.cli.reports import REPORTS, refresh_index
from bench.cli.training import train_in_turn
from bench.plan import Plan
from bench.plan.comparison import beside, is_trained, name_of

if TYPE_CHECKING:
    from bench.records.comparison import ComparedTable
    from bench.records.result import Result


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
        from bench.records.comparison import compared_tables, refuse_other_data, runs_of
        from bench.records.numbers import read_numbers
        from bench.records.record import fresh_results
        from bench.records.stale import marked
        from bench.report.comparison import comparison_view, render_comparison

        found = compared_tables(plan)
        if not is_trained(plan.settings):
            view = comparison_view(plan, found, name, name, numbers=read_numbers(file))
        else:
            runs = runs_of(plan, found, name)
            refuse_other_data(plan, found, name)
            if train:
                train_in_turn(plan, plan.with_teachers(runs))
            results = marked(plan, fresh_results(plan, runs))
            refuse_other_data(plan, found, name, results)
            label = found[0].paper.label(name)
            view = comparison_view(plan, found, name, label, results)
            for contest in found:
                _render_table(plan, contest, name, results, view.command)
        paths = render_comparison(view, REPORTS / "compare" / name)
        refresh_index(plan)
        for section in view.sections:
            print(f"{section.target}: {section.headline}")
        print(f"{paths[0]}")


def _render_table(plan: Plan, contest: ComparedTable, name: str, results: list[Result], command: str) -> None:
    """The paper's table with the new row, its cells open to their details."""
    from bench.report.render import render_table
    from bench.report.reported import load_reported
    from bench.report.table import table_view

    paper = contest.paper
    table = beside(contest.table, name, paper.label(name), contest.columns)
    reported = load_reported(plan.settings.reported, paper, contest.table.name)
    view = table_view(paper, table, [*contest.stored, *results], reported, plan.scale, plan.settings.seeds)
    item = f"{contest.table.name}-with-{name}"
    view = replace(view, name=item, label=f"{view.label} with {paper.label(name)}", command=command)
    render_table(view, REPORTS / paper.name / item)
