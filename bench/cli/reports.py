"""``probe``, ``report`` and ``alias``: from networks and records to tables, figures, the index, and pages under short names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.common import Log, Set, SettingsFile, logged, plan_of, without_garbage
from bench.plan import BenchError, Plan
from bench.plan.pages import WHOLE, site
from bench.stats.words import counted

if TYPE_CHECKING:
    from bench.records.result import Result

OF_SCORES = ("compute", "sweep")  # kinds of figures that stored rows are enough for
Stored = Annotated[bool, typer.Option("--stored", help="Take the rows of results/stored at this scale.")]


def probe(
    target: Annotated[
        str, typer.Argument(help="A figure that shows networks, as in frskd/figure3, or a table of masks or boxes.")
    ],
    log: Log = None,
    settings: Set = None,
    settings_file: SettingsFile = None,
) -> None:
    """Look at the trained networks of a figure (scores, attention, features) and keep what they show for `report`.

    Of a table of masks or boxes: numbers per class and a few test pictures, of every run whose weights were kept.

    Example: `python -m bench probe frskd/figure3`
    """
    plan = plan_of(settings, settings_file)
    paper, item = plan.target(target)
    with logged(log):
        if item in plan.paper(paper).tables:
            from bench.jobs.examples import look_at_table

            path, runs = look_at_table(plan, paper, item)
            print(f"{path}: what {counted(runs, 'network')} predict{'' if runs > 1 else 's'}")
            return
        from bench.probes.shared.work import run_probe

        print(run_probe(plan, paper, item))


def report(
    target: Annotated[str, typer.Argument(help="A table or figure, as in drrnet/table2, or index, paper, paper.pdf.")],
    stored: Stored = False,
    log: Log = None,
    settings: Set = None,
    settings_file: SettingsFile = None,
) -> None:
    """Render a table (HTML, LaTeX, CSV), a figure (SVG, PDF), the index, or the LaTeX document of all (paper) and its PDF.

    They lie in reports/SCALE/PAPER, those of stored rows in reports/stored/SCALE/PAPER.

    Example: `python -m bench report drrnet/table2`
    """
    plan = plan_of(settings, settings_file)
    with logged(log), without_garbage():
        if target in ("index", "paper", *WHOLE):
            print(_gather(plan, target, stored))
            return
        paper, item = plan.target(target)
        render = _render_figure if item in plan.paper(paper).figures else _render_table
        files = render(plan, paper, item, stored)
        refresh_index(plan, stored)
        say_written(files)


def alias(
    page: Annotated[Path, typer.Argument(help="A rendered file, as reports/demo/drrnet/table2.html.")],
    short: Annotated[Path, typer.Argument(help="The name to put it under, as reports/table2.html.")],
    log: Log = None,
) -> None:
    """Put a rendered file under a short name, with links that still lead somewhere.

    Example: `python -m bench alias reports/demo/drrnet/table2.html reports/table2.html`
    """
    from bench.records.aliases import write_alias

    with logged(log):
        if not page.is_file():
            raise BenchError(f"{page}: no such file")
        write_alias(short, page)


def say_written(files: Sequence[Path]) -> None:
    """The page to open on a line of its own, then what lies beside it."""
    print(files[0])
    print("  beside it: " + ", ".join(path.name for path in files[1:]))


def refresh_index(plan: Plan, stored: bool = False) -> None:
    """Write the index that every page links to; it lists what is rendered, from the first table on."""
    _gather(plan, "index", stored)


def _render_table(plan: Plan, paper: str, item: str, stored: bool) -> list[Path]:
    from bench.plan.metrics import curve_of
    from bench.records.curves import with_curves
    from bench.records.predictions import NO_PREDICTIONS, predictions_path, read_predictions
    from bench.records.sources import sources_of
    from bench.report.page import table_page
    from bench.report.render import render_page
    from bench.report.reported import load_reported
    from bench.report.table import table_view

    known = plan.paper(paper)
    table, sources = known.tables[item], None if stored else sources_of(plan, paper, item)
    shown = {curve_of(entry.metric) for entry in table.entries() if entry.trained}
    results = _stored(plan, paper, item) if stored else with_curves(_fresh(plan, paper, item, curve=False), shown)
    results = chain(results, _beside(plan, paper, item))
    reported = load_reported(plan.settings.reported_of(paper), known, item)
    predictions = NO_PREDICTIONS if stored else read_predictions(predictions_path(plan, paper, item))
    seeds, looks = plan.seeds_of(paper), plan.settings.looks
    view = table_view(known, table, results, reported, plan.scale, seeds, stored=stored, looks=looks, predictions=predictions)
    return render_page(table_page(view), sources)


def _render_figure(plan: Plan, paper: str, item: str, stored: bool) -> list[Path]:
    from bench.probes import probe_path, read_probe
    from bench.records.sources import sources_of
    from bench.report.figures import figure_view, render_figure

    figure, probe, path = plan.figure(paper, item), None, probe_path(plan, paper, item)
    if stored and figure.kind not in OF_SCORES:
        raise BenchError(f"report --stored: {item} shows more than scores; stored rows hold no curves and no networks to draw")
    sources = None if stored else sources_of(plan, paper, item, [path] if figure.probed else [])
    results = _stored(plan, paper, item) if stored else list(_fresh(plan, paper, item, needed=not figure.probed))
    if figure.probed:
        trained = {result.run.id: result.facts["fingerprint"] for result in results if result.facts}
        probe = read_probe(path, figure, trained)
    view = figure_view(plan.paper(paper), figure, results, plan.scale, plan.seeds_of(paper), probe, plan.settings.looks)
    return render_figure(replace(view, stored=stored), sources)


def _fresh(plan: Plan, paper: str, item: str, needed: bool = True, curve: bool = True) -> Iterable[Result]:
    """The results of what is trained here, read one at a time, with their curves or without.

    Raises
    ------
    BenchError
        If any is needed and nothing at all is trained at this scale: dashes alone are no page.
    """
    from bench.records.record import fresh_results
    from bench.records.stale import marked

    runs = plan.runs_shown(paper, item)
    if needed and runs and not any(Path(run.record).exists() for run in runs):
        raise BenchError(
            f"{paper}/{item}: none of its {len(runs)} runs is trained at scale '{plan.scale.name}'; "
            f"python -m bench plan {paper}/{item} --set scale={plan.scale.name} says what to train"
        )
    return marked(plan, fresh_results(runs, curve=curve))


def _stored(plan: Plan, paper: str, item: str) -> list[Result]:
    from bench.records.stored import read_stored

    file = plan.settings.stored_file(plan.scale.name, paper)
    cells = set(plan.cells_of(paper, item))
    results = [result for result in read_stored(file) if result.run.cell in cells]
    if not results and cells:
        raise BenchError(f"{file}: nothing is stored of '{paper}/{item}' at scale '{plan.scale.name}'")
    return results


def _beside(plan: Plan, paper: str, item: str) -> list[Result]:
    """The stored runs of its cells in another precision."""
    from bench.records.stored import read_beside

    cells = set(plan.cells_of(paper, item))
    beside = read_beside(plan.settings.stored_file(plan.scale.name, paper))
    return [result for result in beside if result.run.cell in cells]


def _gather(plan: Plan, target: str, stored: bool) -> Path:
    """What is made of everything that is rendered of a scale."""
    from bench.report.document import typeset, write_document
    from bench.report.index import write_index

    if target == "paper.pdf":
        return typeset(site(plan.scale.name, stored))
    if target.startswith("index"):
        return write_index(plan.papers.values(), plan.scale.name, plan.settings.reported_of, stored, bool(plan.scale.data))
    return write_document(plan.papers.values(), plan.scale.name, stored)
