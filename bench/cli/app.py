"""The application: sub-commands in the order of the way, faults told in one line."""

from __future__ import annotations

import sys

import typer

from bench.cli import data, listing, reports, showing, store, training
from bench.plan import BenchError

app = typer.Typer(
    name="bench",
    help="Reproduce knowledge-distillation papers: train what a table needs, test the differences, render it beside theirs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command("list")(listing.list_names)
app.command("show")(showing.show)
app.command("plan")(listing.show_plan)
app.add_typer(data.app, name="data")
app.command("train")(training.train)
app.command("export")(training.export)
app.command("probe")(reports.probe)
app.command("summarise")(reports.summarise)
app.command("report")(reports.report)
app.add_typer(store.app, name="store")


def main() -> None:
    try:
        app()
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
