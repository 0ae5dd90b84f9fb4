"""What a person sees of a training: a live bar on a terminal, plain lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from filelock import FileLock, Timeout
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(bar_width=20),
    MofNCompleteColumn(),
    TimeRemainingColumn(),
    TextColumn("{task.fields[detail]}"),
)


@dataclass
class Reporter:
    """Receives an epoch at a time and tells it to every stream and, where there is one, to the bar."""

    title: str
    epochs: int
    streams: tuple[TextIO, ...] = ()
    bar: Progress | None = None
    task: TaskID | None = None
    began: float = field(default_factory=time.monotonic)

    def line(self, text: str) -> None:
        for stream in self.streams:
            print(f"{self.title}: {text}", file=stream, flush=True)

    def resumed(self, epoch: int) -> None:
        self.line(f"continues from its checkpoint in epoch {epoch + 1} of {self.epochs}")
        if self.bar and self.task is not None:
            self.bar.update(self.task, completed=epoch)

    def epoch(self, epoch: int, row: Mapping[str, float], shown: Mapping[str, str], images_per_second: float) -> None:
        """Report an epoch: its loss terms, ``shown`` scores (word to name in ``row``) in percent, and its speed."""
        terms = [f"{name.removeprefix('loss_')} {value:.3f}" for name, value in row.items() if name.startswith("loss_")]
        scores = [f"{word} {row[name]:.1f} %" for word, name in shown.items() if name in row]
        detail = "  ".join([*terms, *scores, f"{images_per_second:.0f} images/s"])
        left = (time.monotonic() - self.began) / epoch * (self.epochs - epoch)
        self.line(f"epoch {epoch}/{self.epochs}  {detail}  {left:.0f} s left")
        if self.bar and self.task is not None:
            self.bar.update(self.task, completed=epoch, detail=detail)


@contextmanager
def reporter(title: str, epochs: int, streams: tuple[TextIO, ...], terminal: Path) -> Iterator[Reporter]:
    """A reporter with a live bar if standard error is a terminal that no other training of this folder draws on.

    Parameters
    ----------
    streams
        Where plain lines go.
    terminal
        The lock file that trainings side by side pass on, so that two bars never overwrite each other.
    """
    console = Console(stderr=True)
    lock = FileLock(terminal)
    if not console.is_terminal or console.is_dumb_terminal or not _taken(lock):
        yield Reporter(title, epochs, streams)
        return
    try:
        with Progress(*COLUMNS, console=console, transient=True) as bar:
            yield Reporter(title, epochs, streams, bar, bar.add_task(title, total=epochs, detail=""))
    finally:
        lock.release()


def _taken(lock: FileLock) -> bool:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    return True


def standard_error_unless_a_terminal() -> tuple[TextIO, ...]:
    """Plain lines for whoever reads standard error in a pipe or a file; a terminal has the bar."""
    return () if sys.stderr.isatty() else (sys.stderr,)
