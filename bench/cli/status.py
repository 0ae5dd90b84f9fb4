"""``status``: what the workflow's latest call has trained, is training and has left."""

from __future__ import annotations

import json
import re
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from bench.plan import BenchError, Run
from bench.records.failures import listed as listed_failures
from bench.records.worklist import LIST, Worklist, duration, read_worklist
from bench.stats.words import counted

EPOCH = re.compile(r"^(?P<run>\S+/seed\d+): epoch (?P<epoch>\d+)/(?P<epochs>\d+) .*?(?:test (?P<score>[\d.]+) %|$)")
SHOWN = 20  # running trainings that are listed
TAIL = 4096  # bytes of a log in which its last epoch is looked for


@dataclass(frozen=True)
class Running:
    """A training that has begun: its latest epoch and test score, as its log says, and since when the log is silent."""

    run: str
    epoch: str
    score: float | None
    silent_seconds: float


def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what of the workflow's latest call in this folder is running, finished, failed and left, and about how long it takes.

    It reads files alone, so it may be asked from any machine that sees the folder, also while a cluster works.

    Example: `python -m bench status`
    """
    found = read_worklist()
    if found is None and LIST.exists():
        raise BenchError(f"{LIST}: cannot be read; the workflow's next call writes it anew")
    if found is None:
        raise BenchError(
            "no trainings were started by the workflow in this folder yet; python -m bench plan TARGET says which are needed"
        )
    runs = [run for job in found.jobs for run in job.parsed()]
    done = {run.id for job in found.jobs for run in job.parsed() if _is_done(run, found.began)}
    failed = [run.id for run, _ in listed_failures() if run.id in done]
    running = _running(found, done)
    jobs, seconds = found.left()
    if as_json:
        counts = {"finished": len(done) - len(failed), "failed": failed, "running": [asdict(each) for each in running]}
        print(json.dumps({"runs": len(runs), **counts, "jobs_left": jobs, "seconds_left": seconds}, indent=1))
        return
    begun = time.strftime("%Y-%m-%d %H:%M", time.localtime(found.began))
    left = len(runs) - len(done)
    print(f"begun {begun}: {counted(len(runs), 'training')} in {counted(len(found.jobs), 'job')}")
    print(f"  finished {len(done) - len(failed)}, failed {len(failed)}, running {len(running)}, waiting {left - len(running)}")
    if left:
        remaining = f", about {duration(seconds)}" if seconds is not None else "; no job is done yet"
        print(f"  {counted(jobs, 'job')} left{remaining}")
    for each in running[:SHOWN]:
        score = f", test {each.score:.1f} %" if each.score is not None else ""
        silent = f" (silent for {duration(each.silent_seconds)})" if each.silent_seconds > 600 else ""
        print(f"  running {each.run}: epoch {each.epoch}{score}{silent}")
    for run in failed[:SHOWN]:
        print(f"  failed {run}")


def _running(found: Worklist, done: set[str]) -> list[Running]:
    """The last training that each unfinished job's log speaks of."""
    running = []
    for job in found.jobs:
        try:
            stamp, text = Path(job.log).stat().st_mtime, _end_of(Path(job.log))
        except OSError:
            continue
        lines = [match for match in map(EPOCH.match, text.splitlines()) if match]
        if stamp < found.began or not lines or all(run in done for run in job.runs):
            continue
        last = lines[-1]
        score = float(last["score"]) if last["score"] else None
        running.append(Running(last["run"], f"{last['epoch']}/{last['epochs']}", score, max(0.0, time.time() - stamp)))
    return running


def _is_done(run: Run, began: float) -> bool:
    path = Path(run.record)
    return path.exists() and path.stat().st_mtime >= began


def _end_of(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL))
        return file.read().decode(errors="replace")
