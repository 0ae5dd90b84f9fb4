"""``summarise`` and ``report``: from records to rows, tables, figures and the index."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.common import Log, Set, logged, plan_of

Target = Annotated[str, typer.Argument(help="A table or figure, as in drrnet/table2.")]
REPORTS = Path("reports")


def summarise(
    target: Target,
    rows: Annotated[Path, typer.Argument(help="The CSV to write.")],
    log: Log = None,
    settings: Set = None,
) -> None:
    """Gather the records that a table shows into a CSV, one row per seed.

    Example: `python -m bench summarise drrnet/table2 results/summary/demo/drrnet/table2.csv`
    """
    from bench.records.record import fresh_results
    from bench.records.rows import write_rows

    plan = plan_of(settings)
    with logged(log):
        paper, item = plan.target(target)
        write_rows(rows, fresh_results(plan, plan.runs(plan.cells_of(paper, item))))


def report(
    target: Annotated[str, typer.Argument(help="A table or figure, as in drrnet/table2, or index.")],
    rows: Annotated[Path | None, typer.Option(help="Rows that `summarise` wrote; absent means the records themselves.")] = None,
    log: Log = None,
    settings: Set = None,
) -> None:
    """Render a table (HTML, LaTeX, CSV), a figure (SVG, PDF) or the index.

    Example: `python -m bench report drrnet/table2`
    """
    from bench.records.record import fresh_results
    from bench.records.rows import read_rows

    plan = plan_of(settings)
    with logged(log):
        if target == "index":
            from bench.report.index import render_index

            render_index(plan, REPORTS)
            return
        paper, item = plan.target(target)
        stem = REPORTS / paper / item
        results = read_rows(rows) if rows else fresh_results(plan, plan.runs(plan.cells_of(paper, item)))
        if item in plan.paper(paper).figures:
            from bench.report.figures import figure_view, render_figure

            render_figure(figure_view(plan, paper, item, results), stem)
        else:
            from bench.report.reported import read_reported
            from bench.report.table import render_table, table_view

            reported = read_reported(plan.settings.reported / paper / f"{item}.csv", plan.paper(paper))
            render_table(table_view(plan, paper, item, results, reported), stem)
