"""What the sub-commands share: options, one-line errors, the log file."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Annotated

import typer

from bench.plan import BenchError, Plan, load_settings

Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="A setting as KEY=VALUE, as in --set scale=paper; may be given again.", metavar="KEY=VALUE"),
]
SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings", help="Settings (YAML or JSON) to lay over config/config.yaml; --set comes last.", metavar="FILE"
    ),
]
Log = Annotated[Path | None, typer.Option("--log", help="Write what happens to this file as well.")]


def plan_of(assignments: list[str] | None, file: Path | None = None) -> Plan:
    """The plan for ``config/config.yaml``, then a file of settings (the workflow's jobs have one), then ``--set``."""
    return Plan(load_settings(assignments or (), file))


@contextmanager
def without_garbage() -> Iterator[None]:
    """Look for no garbage: what makes many objects that live to its end would look through them again and again."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def logged(log: Path | None) -> Iterator[None]:
    """Send standard output to ``log`` too, and any fault as well; start the file anew."""
    if log is None:
        yield
        return
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    with log.open("a", encoding="utf-8") as file, redirect_stdout(_Tee(sys.stdout, file)):  # trainings append to the same file
        try:
            yield
        except BenchError as error:
            print(f"error: {error}", file=file)
            raise


class _Tee:
    """A stream that writes to two."""

    def __init__(self, *streams) -> None:  # type: ignore[no-untyped-def]
        self.streams = streams

    def write(self, text: str) -> int:
        for stream in self.streams:
            stream.write(text)
        return len(text)

    def flush(self) -> None:
        for stream in self.streams:
            stream.flush()

    def isatty(self) -> bool:
        return bool(self.streams[0].isatty())
