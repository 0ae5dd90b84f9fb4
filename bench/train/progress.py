"""What a person sees of a training: a live bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@dataclass
class Reporter:
    """Receives an epoch at a time. ``bar`` is there on a terminal only; ``log`` is a file of plain lines."""

    title: str
    epochs: int
    log: TextIO | None = None
    bar: Progress | None = None
    _task: int = 0
    _began: float = field(default_factory=time.monotonic)
    _printed: float = 0.0

    def line(self, text: str) -> None:
        for stream in filter(None, (self.log, None if self.bar else sys.stderr)):
            print(f"{self.title}: {text}", file=stream, flush=True)

    def resumed(self, epoch: int) -> None:
        self.line(f"continues from its checkpoint in epoch {epoch + 1} of {self.epochs}")
        if self.bar:
            self.bar.update(self._task, completed=epoch)  # type: ignore[arg-type]

    def epoch(self, epoch: int, row: dict[str, float], images_per_second: float) -> None:
        """One epoch is done: show its loss terms, accuracies and speed."""
        terms = "  ".join(f"{name.removeprefix('loss_')} {value:.3f}" for name, value in row.items() if name.startswith("loss_"))
        text = f"{terms}  train {row.get('train_accuracy', float('nan')):.1f} %  test {row['test_accuracy']:.1f} %  {images_per_second:.0f} images/s"
        if self.bar:
            self.bar.update(self._task, completed=epoch, detail=text)  # type: ignore[arg-type]
        now = time.monotonic()
        final = epoch == self.epochs
        if self.log or final or now - self._printed > 10:
            left = (now - self._began) / epoch * (self.epochs - epoch)
            message = f"epoch {epoch}/{self.epochs}  {text}  {left:.0f} s left"
            if self.log:
                print(f"{self.title}: {message}", file=self.log, flush=True)
            if not self.bar and (final or now - self._printed > 10):
                print(f"{self.title}: {message}", file=sys.stderr, flush=True)
                self._printed = now


@contextmanager
def reporter(title: str, epochs: int, log: TextIO | None = None) -> Iterator[Reporter]:
    """A reporter with a live bar if standard error is a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal or console.is_dumb_terminal:
        yield Reporter(title, epochs, log)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[detail]}"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=epochs, detail="")
        yield Reporter(title, epochs, log, bar, task)
