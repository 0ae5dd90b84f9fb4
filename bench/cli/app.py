"""The application: sub-commands in the order of the way, faults told in one line."""

from __future__ import annotations

import io
import re
import sys
from typing import Annotated

import typer

import bench
from bench.cli import (
    compare,
    data,
    listing,
    planning,
    reports,
    scaffold,
    showing,
    status,
    store,
    training,
    tune,
    verdicts,
    workspace,
)
from bench.plan import BenchError


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"kd-repro-bench {bench.__version__}")
        raise typer.Exit


app = typer.Typer(
    name="bench",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Reproduce knowledge-distillation papers: train what a table needs, test the differences, render it beside theirs."""


app.command("init")(workspace.init)
app.command("list")(listing.list_names)
app.command("show")(showing.show)
app.command("new-method")(scaffold.new_method)
app.command("new-dataset")(scaffold.new_dataset)
app.command("new-backbone")(scaffold.new_backbone)
app.command("new-paper")(scaffold.new_paper)
app.command("plan")(planning.show_plan)
app.add_typer(data.app, name="data")
app.command("train")(training.train)
app.command("status")(status.status)
app.command("export")(training.export)
app.command("probe")(reports.probe)
app.command("report")(reports.report)
app.command("alias")(reports.alias)
app.command("compare")(compare.compare)
app.command("tune")(tune.tune)
app.command("verdicts")(verdicts.verdicts)
app.add_typer(store.app, name="store")


def main() -> None:
    for stream in (sys.stdout, sys.stderr):  # a terminal that lacks a letter shows its number
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except (BenchError, OSError, MemoryError, RecursionError) as error:
        print(f"error: {_line(error)}", file=sys.stderr)
        sys.exit(1)
    except UnicodeEncodeError:
        print("error: a word holds letters that cannot be written", file=sys.stderr)
        sys.exit(1)


def _line(error: Exception) -> str:
    """A fault in one line: ours as it is, the machine's with the file that it is about."""
    if isinstance(error, BenchError):
        # A fault found in a room that the workflow shares is worded for its flag; a job of the workflow has a log.
        return str(error) if "--log" in sys.argv else re.sub(r"--config (?=\w+=)", "--set ", str(error))
    if isinstance(error, OSError):
        return str(BenchError(f"{error.filename}: {error.strerror}" if error.filename else str(error)))
    return "out of memory" if isinstance(error, MemoryError) else "nested too deeply"
