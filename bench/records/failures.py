"""Runs without a number: what their records say, and the list of those that the next call tries again."""

from __future__ import annotations

import re
from pathlib import Path

from bench.plan import BenchError, Run, parse_run
from bench.plan.files import write_atomically

FAILED = Path("results/work/failed")  # a file per run whose last attempt failed
LONGEST = 300  # characters of a reason


def said(error: BaseException) -> str:
    """An exception in one line that may stand in a record: what it is and says, the folders of paths left out."""
    words = " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        words = f"out of memory ({words})"
    return re.sub(r"(?<![\w.~])(~|[A-Za-z]:)?[/\\](?:[^\s/\\'\":;,()]+[/\\])+", "", words)[:LONGEST]


def note(run: Run, reason: str) -> None:
    """Put a run on the list."""
    write_atomically(_place(run), reason + "\n")


def forget(run: Run) -> None:
    """Take a run off the list."""
    _place(run).unlink(missing_ok=True)


def listed() -> list[tuple[Run, str]]:
    """The runs on the list and why they failed."""
    if not FAILED.is_dir():
        return []
    found = []
    for path in sorted(FAILED.iterdir()):
        try:
            found.append((parse_run(path.name.replace("~", "/")), path.read_text(encoding="utf-8", errors="replace").strip()))
        except (BenchError, OSError):  # no file of ours, or taken off meanwhile
            continue
    return found


def _place(run: Run) -> Path:
    return FAILED / run.id.replace("/", "~")  # a tilde stands in no id
