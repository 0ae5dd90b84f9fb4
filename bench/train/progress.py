"""What a training says of itself: a plain line per epoch."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TextIO


@dataclass
class Reporter:
    """Receives an epoch at a time and tells it to every stream."""

    title: str
    epochs: int
    streams: tuple[TextIO, ...] = ()
    began: float = field(default_factory=time.monotonic)

    def line(self, text: str) -> None:
        for stream in self.streams:
            print(f"{self.title}: {text}", file=stream, flush=True)

    def resumed(self, epoch: int) -> None:
        self.line(f"continues from its checkpoint in epoch {epoch + 1} of {self.epochs}")

    def epoch(self, epoch: int, row: Mapping[str, float], shown: Mapping[str, str], images_per_second: float) -> None:
        """Report an epoch: its loss terms, ``shown`` scores (word to name in ``row``) in percent, and its speed."""
        terms = [f"{name.removeprefix('loss_')} {value:.3f}" for name, value in row.items() if name.startswith("loss_")]
        scores = [f"{word} {row[name]:.1f} %" for word, name in shown.items() if name in row]
        detail = "  ".join([*terms, *scores, f"{images_per_second:.0f} images/s"])
        self.line(f"epoch {epoch}/{self.epochs}  {detail}  {self.left(epoch):.0f} s left")

    def left(self, epoch: int) -> float:
        """Seconds to the end of the training if it goes on as it went up to ``epoch``."""
        return (time.monotonic() - self.began) / epoch * (self.epochs - epoch)


def standard_error_unless_a_terminal() -> tuple[TextIO, ...]:
    """Plain lines for whoever reads standard error in a pipe or a file; a terminal has the bar."""
    return () if sys.stderr.isatty() else (sys.stderr,)
