"""``probe``, ``summarise`` and ``report``: from networks and records to rows, tables, figures and the index."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.common import Log, Set, SettingsFile, logged, plan_of
from bench.plan import BenchError, Plan

if TYPE_CHECKING:
    from bench.records.result import Result

Target = Annotated[str, typer.Argument(help="A table or figure, as in drrnet/table2.")]
REPORTS = Path("reports")


def probe(
    target: Annotated[str, typer.Argument(help="A figure that shows networks, as in frskd/figure3.")],
    log: Log = None,
    settings: Set = None,
    settings_file: SettingsFile = None,
) -> None:
    """Look at the trained networks of a figure (scores, attention, features) and keep what they show for `report`.

    Example: `python -m bench probe frskd/figure3`
    """
    plan = plan_of(settings, settings_file)
    with logged(log):
        from bench.probes.shared.work import run_probe

        print(run_probe(plan, *plan.target(target)))


def summarise(
    target: Target,
    rows: Annotated[Path, typer.Argument(help="The CSV to write.")],
    log: Log = None,
    settings: Set = None,
    settings_file: SettingsFile = None,
) -> None:
    """Gather the records that a table shows into a CSV, one row per seed; runs without a record are left out.

    Example: `python -m bench summarise drrnet/table2 results/summary/demo/drrnet/table2.csv`
    """
    from bench.records.record import each_fresh_result
    from bench.records.rows import write_rows_as_read

    plan = plan_of(settings, settings_file)
    with logged(log):
        paper, item = plan.target(target)
        results = each_fresh_result(sorted(plan.runs(plan.cells_of(paper, item))), curve=False)
        write_rows_as_read(rows, (result for result in results if result.status != "missing"))


def report(
    target: Annotated[str, typer.Argument(help="A table or figure, as in drrnet/table2, or index, paper, paper.pdf.")],
    rows: Annotated[Path | None, typer.Option(help="Rows that `summarise` wrote; absent means the records themselves.")] = None,
    stored: Annotated[bool, typer.Option("--stored", help="Take the rows of results/stored at this scale.")] = False,
    log: Log = None,
    settings: Set = None,
    settings_file: SettingsFile = None,
) -> None:
    """Render a table (HTML, LaTeX, CSV), a figure (SVG, PDF), the index, or the LaTeX document of all (paper) and its PDF.

    Example: `python -m bench report drrnet/table2`
    """
    from bench.records.stale import marked

    plan = plan_of(settings, settings_file)
    with logged(log):
        if target in ("index", "paper", "paper.pdf"):
            _gather(plan, target)
            return
        name, item = plan.target(target)
        paper = plan.paper(name)
        results = marked(plan, _results(plan, name, item, rows, stored))
        if item in paper.figures:
            _render_figure(plan, name, item, results)
        else:
            from bench.report.render import render_table
            from bench.report.reported import load_reported
            from bench.report.table import table_view

            reported = load_reported(plan.settings.reported, paper, item)
            view = table_view(paper, paper.tables[item], results, reported, plan.scale, plan.settings.seeds)
            render_table(view, REPORTS / name / item)
        refresh_index(plan)


def _render_figure(plan: Plan, paper: str, name: str, results: list[Result]) -> None:
    from bench.probes import probe_path, read_probe
    from bench.report.figures import figure_view, render_figure

    figure, probe = plan.figure(paper, name), None
    if figure.probed:
        trained = {result.run.id: result.facts["fingerprint"] for result in results if result.facts}
        probe = read_probe(probe_path(plan, paper, name), figure, trained)
    view = figure_view(plan.paper(paper), figure, results, plan.scale, plan.settings.seeds, probe)
    render_figure(view, REPORTS / paper / name)


def _gather(plan: Plan, target: str) -> None:
    """What is made of everything that is rendered."""
    from bench.report.document import typeset, write_document
    from bench.report.index import write_index

    if target == "paper.pdf":
        typeset(REPORTS)
    else:
        write = write_index if target == "index" else write_document
        write(plan.papers.values(), REPORTS)


def refresh_index(plan: Plan) -> None:
    """Every page links to the index, so it lists what exists from the first table on; its own rule writes the last one.

    It gets the oldest of times: whoever asks the workflow for the index gets what is missing in it made.
    """
    # An old file beside it is no fault of this table; `report index` names it.
    with suppress(BenchError):
        _gather(plan, "index")
        os.utime(REPORTS / "index.html", (1, 1))


def _results(plan: Plan, paper: str, item: str, rows: Path | None, stored: bool) -> list[Result]:
    """The results to render: of a file of rows, of the stored ones, or of the records."""
    from bench.records.record import fresh_results, with_curves
    from bench.records.rows import read_rows
    from bench.records.stored import read_stored, stored_file

    if stored:
        file = stored_file(plan.settings, plan.scale.name, paper)
        if rows or item in plan.paper(paper).figures:
            raise BenchError("report --stored: " + ("not with --rows" if rows else "stored rows hold no curves to draw"))
        if not file.exists():
            raise BenchError(f"{file}: nothing is stored of '{paper}' at scale '{plan.scale.name}'")
        return read_stored(file)
    return with_curves(read_rows(rows)) if rows else fresh_results(plan, plan.runs_shown(paper, item))
