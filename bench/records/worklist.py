"""The list of trainings that a call of the workflow has to do, and how far it is; every process of the folder may read it."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.plan import BenchError, Run, parse_run
from bench.plan.files import write_atomically

LIST = Path("results/work/jobs.json")  # of the latest call


@dataclass(frozen=True)
class WaitingJob:
    """A training job as it was planned: its runs, its log, and about how many seconds it takes on the reference device."""

    runs: tuple[str, ...]
    log: str
    seconds: float

    def parsed(self) -> list[Run]:
        return [parse_run(run) for run in self.runs]

    def done_since(self, began: float) -> bool:
        """Whether all its records were written after the call began."""
        return all(_written(Path(run.record)) >= began for run in self.parsed())


@dataclass(frozen=True)
class Worklist:
    """What a call has to train, and when it began (seconds since the epoch)."""

    began: float
    jobs: tuple[WaitingJob, ...]

    def left(self, now: float | None = None) -> tuple[int, float | None]:
        """Jobs that are left, and seconds: the estimates' sum at the pace of what is done; ``None`` before the first is."""
        done = [job for job in self.jobs if job.done_since(self.began)]
        rest = [job for job in self.jobs if job not in done]
        spent = sum(job.seconds for job in done)
        if not spent:
            return len(rest), None
        pace = ((now or time.time()) - self.began) / spent
        return len(rest), pace * sum(job.seconds for job in rest)


def write_worklist(jobs: Sequence[WaitingJob]) -> None:
    """Begin a new list; one without jobs leaves the last one as it is."""
    if jobs:
        content = {"began": time.time(), "jobs": [vars(job) for job in jobs]}
        write_atomically(LIST, json.dumps(content) + "\n")


def read_worklist(path: Path = LIST) -> Worklist | None:
    """The list of the latest call; ``None`` where there is none that can be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        jobs = tuple(
            WaitingJob(tuple(map(str, job["runs"])), str(job["log"]), float(job["seconds"])) for job in content["jobs"]
        )
        for job in jobs:
            job.parsed()
        return Worklist(float(content["began"]), jobs)
    except (OSError, ValueError, KeyError, TypeError, BenchError):
        return None


def duration(seconds: float) -> str:
    """``12 s``, ``8 min`` or ``3.5 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return -1.0
