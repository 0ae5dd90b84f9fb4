"""``store``: put records among the stored results, check those, show them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import again
from bench.cli.common import Set, SettingsFile, plan_of
from bench.plan import BenchError, Plan, one_of
from bench.plan.files import listed
from bench.plan.metrics import headline
from bench.plan.source import in_suite
from bench.stats.words import counted

if TYPE_CHECKING:
    from bench.records.result import Result

app = typer.Typer(help="Keep results with the project: add, check, show.", no_args_is_help=True, rich_markup_mode="markdown")
app.command()(again.verify)
app.command()(again.remake)
HEADINGS = ("cell", "n", "mean", "sd", "data", "recipe", "hardware")


@app.command()
def add(
    targets: Annotated[
        list[str] | None,
        typer.Argument(help="Tables, figures, cells or runs; absent means every table.", metavar="[TARGET|RUN]..."),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Choose the new result where another one is stored.")] = False,
    partial: Annotated[bool, typer.Option("--partial", help="Take cells that lack seeds.")] = False,
    beside: Annotated[
        bool, typer.Option("--beside", help="Keep runs in another precision beside the stored ones, to compare the two.")
    ] = False,
    settings: Set = None,
    settings_file: SettingsFile = None,
) -> None:
    """Copy records into results/stored/SCALE/PAPER.csv once they hold against the current plan.

    Example: `python -m bench store add drrnet/table2`
    """
    from bench.records import stored
    from bench.records.asked import named_runs

    plan = plan_of(settings, settings_file)
    runs = named_runs(plan, targets or [])
    for done in stored.add(plan, runs, replacing=replace, partial=partial or beside, beside=beside):
        counts = f"{len(done.added)} added, {len(done.replaced)} replaced, {len(done.kept)} there already"
        print(f"{done.file.relative_to(plan.settings.stored)}: {counts}; {counted(len(done.results), 'row')}")
        for run in done.replaced:
            print(f"  replaced {run.id}")


@app.command()
def check(
    fresh: Annotated[bool, typer.Option("--fresh", help="Take rows of code that was edited since for a problem too.")] = False,
    settings: Set = None,
    settings_file: SettingsFile = None,
) -> None:
    """Hold every stored file against the current plan; a line per problem, exit 1 if there is one.

    Few seeds are only noted, and so is code that was edited since the rows were trained, unless a seed of their cell was
    trained again under today's and came out equal (`store verify`).

    Example: `python -m bench store check --fresh --set scale=demo`
    """
    from bench.records.stored import BESIDE, check_file
    from bench.records.verified import edited_since

    known = plan_of(settings, settings_file).settings
    faulty = False
    plans = {scale: Plan(replace(known, scale=scale.name)) for scale in sorted(known.stored.glob("*"))}
    folders = [(plan, folder) for scale, plan in plans.items() for folder in (scale, scale / BESIDE)]
    paths = [(plan, path) for plan, folder in folders for path in listed(folder, ".csv")]
    if not paths:
        print(f"nothing is stored in {in_suite(known.stored)}")
    for plan, path in paths:
        results, problems, notes = check_file(plan, path)
        name = str(path.relative_to(known.stored))
        for line in (*problems, *notes):
            print(f"{name}: {line}")
        if not problems:
            cells = counted(len({result.run.cell for result in results}), "cell")
            print(f"{name}: {counted(len(results), 'row')} in {cells}, all as the plan says")
            edited, again = edited_since(plan, results)
            stale = sum(result.run.cell not in again for result in edited)
            if stale:
                rows = counted(stale, "row")
                print(f"{name}: stale, the code behind {rows} was edited since; `store verify` or `store remake` mends that")
            faulty = faulty or bool(stale and fresh)
        faulty = faulty or bool(problems)
    raise typer.Exit(int(faulty))


@app.command()
def show(
    paper: Annotated[str | None, typer.Argument(help="A paper; absent means each that has results at this scale.")] = None,
    settings: Set = None,
    settings_file: SettingsFile = None,
) -> None:
    """List the stored cells of the current scale: seeds, accuracy in percent, data, recipe version, hardware.

    Of masks it is mean IoU, of boxes AP.

    Example: `python -m bench store show drrnet --set scale=laptop`
    """
    from bench.records.stored import read_stored

    plan = plan_of(settings, settings_file)
    files = plan.settings.stored_files(plan.scale.name)
    if paper is not None and paper not in files:
        raise BenchError(f"nothing is stored of '{paper}' at scale '{plan.scale.name}'; {one_of(paper, files)}")
    if not files:
        raise BenchError(f"nothing is stored at scale '{plan.scale.name}' in {in_suite(plan.settings.stored)}")
    results = sorted(
        (result for name in ([paper] if paper else files) for result in read_stored(files[name])), key=lambda item: item.run
    )
    lines = [HEADINGS, *(_line(list(group)) for _, group in groupby(results, key=lambda item: item.run.cell))]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _line(results: Sequence[Result]) -> tuple[str, ...]:
    """One cell's line; a run that diverged is counted apart and is in no mean."""
    values = [result.metric(headline(result.task)) for result in results if result.status == "finished"]
    diverged = len(results) - len(values)
    return (
        results[0].run.cell.id,
        f"{len(values)}" + (f" +{diverged} diverged" if diverged else ""),
        f"{statistics.fmean(values):.2f}" if values else "-",
        f"{statistics.stdev(values):.2f}" if len(values) > 1 else "-",
        _joined(str(result.facts["data"].get("name", "?")) for result in results),
        _joined(str(result.facts["config"].get("recipe_version", "?")) for result in results),
        _joined(_machine(result) for result in results),
    )


def _machine(result: Result) -> str:
    hardware = result.facts["hardware"]
    return hardware.get("gpu") or hardware.get("cpu") or "?"


def _joined(words: Iterable[str]) -> str:
    return " / ".join(dict.fromkeys(words))
