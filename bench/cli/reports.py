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
    """Gather the records that a table shows into a CSV, one row per seed; runs without a record are left out.

    Example: `python -m bench summarise drrnet/table2 results/summary/demo/drrnet/table2.csv`
    """
    from bench.records.record import fresh_results
    from bench.records.rows import write_rows

    plan = plan_of(settings)
    with logged(log):
        paper, item = plan.target(target)
        results = fresh_results(plan, plan.runs(plan.cells_of(paper, item)))
        write_rows(rows, [result for result in results if result.status != "missing"])


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
            from bench.report.index import write_index

            write_index(plan.papers.values(), REPORTS)
            return
        name, item = plan.target(target)
        paper = plan.paper(name)
        results = read_rows(rows) if rows else fresh_results(plan, plan.runs(plan.cells_of(name, item)))
        if item in paper.figures:
            from bench.report.curves import figure_view
            from bench.report.figures import render_figure

            render_figure(
                figure_view(paper, paper.figures[item], results, plan.scale, plan.settings.seeds), REPORTS / name / item
            )
        else:
            from bench.report.render import render_table
            from bench.report.reported import load_reported
            from bench.report.table import table_view

            reported = load_reported(plan.settings.reported, paper, item)
            view = table_view(paper, paper.tables[item], results, reported, plan.scale, plan.settings.seeds)
            render_table(view, REPORTS / name / item)
