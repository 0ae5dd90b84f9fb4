"""The application: sub-commands in the order of the way, faults told in one line."""

from __future__ import annotations

import io
import sys

import typer

from bench.cli import compare, data, listing, planning, reports, scaffold, showing, store, training, verdicts
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
app.command("new-method")(scaffold.new_method)
app.command("plan")(planning.show_plan)
app.add_typer(data.app, name="data")
app.command("train")(training.train)
app.command("export")(training.export)
app.command("probe")(reports.probe)
app.command("report")(reports.report)
app.command("alias")(reports.alias)
app.command("compare")(compare.compare)
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
        return str(error)
    if isinstance(error, OSError):
        return str(BenchError(f"{error.filename}: {error.strerror}" if error.filename else str(error)))
    return "out of memory" if isinstance(error, MemoryError) else "nested too deeply"
