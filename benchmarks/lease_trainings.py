"""The trainings of a lease: by priority, several processes at a time, stopped cleanly before its end, packed to go on from."""

from __future__ import annotations

import io
import math
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.plan import Cell, Plan, Run
from bench.plan.catalogue import ROOT
from bench.records.record import read_record
from bench.records.stored import read_stored

PIECE = 15 * 2**20  # bytes of a file that a lease hands back
PATIENCE = 60  # seconds that a training has to write its checkpoint
LOG_LINES = 12  # of a training that failed


@dataclass(frozen=True)
class Block:
    """Cells of a table's columns, with those that teach them.

    Attributes
    ----------
    target
        The table, as ``drrnet/table2``.
    dataset, backbones
        Its columns; of an earlier backbone all is begun before the next.
    seeds
        How many, from 0 on.
    at_once
        Seeds that one process trains side by side.
    gib
        Memory that one training takes, in GiB of the GPU.
    variants
        Rows; none stands for all.
    """

    target: str
    dataset: str
    backbones: Sequence[str]
    seeds: int
    at_once: int = 1
    gib: float = 2
    variants: Sequence[str] = ()


@dataclass(frozen=True)
class Job:
    """Trainings of one process."""

    runs: tuple[Run, ...]
    gib: float

    @property
    def name(self) -> str:
        """The first training's."""
        return self.runs[0].id


OPENSARSHIP = "drrnet/table2", "opensarship"
EXAMPLE = ("ema_self_distillation",)  # as --new-method examples/ema_self_distillation.py
PRIORITY = (
    Block(*OPENSARSHIP, ("resnet18", "alexnet"), 5, at_once=5, gib=1.5),
    Block(*OPENSARSHIP, ("vgg11_bn",), 5, at_once=5, gib=5),
    Block(*OPENSARSHIP, ("resnet18", "alexnet"), 5, at_once=5, gib=1.5, variants=EXAMPLE),
    Block(*OPENSARSHIP, ("densenet121",), 5, at_once=3, gib=5),
    Block(*OPENSARSHIP, ("vgg16_bn",), 5, at_once=1, gib=8),
    Block("arena/equal-epochs", "opensarship", ("resnet34", "resnet18"), 10, at_once=10, gib=1),
    Block("arena/equal-compute", "opensarship", ("resnet34", "resnet18"), 10, at_once=10, gib=1),
    Block("selfguidance/table3", "fer2013", ("resnet32_cifar",), 5, gib=2, variants=("baseline", "self-guidance")),
    Block("frskd/table1", "cifar100", ("wrn16_2_frskd",), 3, gib=2, variants=("baseline", "frskd-no-feature", "frskd")),
)
DRY = (Block("selfguidance/table1", "cifar10", ("resnet32_cifar",), 1, variants=("baseline",)),)


def jobs_of(plan: Plan, blocks: Sequence[Block]) -> list[Job]:
    """What to train in which order: what has neither a record nor a stored row, and teachers of it whose weights are not here.

    A run stands in the first block that holds it. The record of a teacher of some block that has no weights is removed, so
    that it trains again.
    """
    places: dict[Run, tuple[Block, Cell, int]] = {}
    for block in blocks:
        for backbone in block.backbones:
            for cell in _cells(plan, block, backbone):
                for seed in range(block.seeds):
                    places.setdefault(cell.run(seed), (block, cell, seed // block.at_once))
    stored = {result.run for paper in plan.papers for result in read_stored(plan.settings.stored_file(plan.scale.name, paper))}
    left = [run for run in places if run not in stored and not Path(run.record).exists()]
    lacking = [run for run in plan.with_teachers(left) if run in left or (run in places and not Path(run.weights).exists())]
    for run in lacking:
        Path(run.record).unlink(missing_ok=True)
    together: dict[Any, list[Run]] = {}
    for run, place in places.items():
        if run in lacking:
            together.setdefault(place, []).append(run)
    return [Job(tuple(runs), block.gib * len(runs)) for (block, _, _), runs in together.items()]


def _cells(plan: Plan, block: Block, backbone: str) -> list[Cell]:
    """A block's cells in one column: the paper's own methods and their teachers first, since theirs is the longest way.

    A row that the table lacks is a new method's.
    """
    name, table = plan.target(block.target)
    paper = plan.paper(name)
    shown = sorted(plan.cells_of(name, table), key=lambda cell: cell.variant not in paper.own)
    shown += [plan.cell(name, block.dataset, backbone, variant) for variant in block.variants if variant in paper.variants]
    chain = [run.cell for run in plan.with_teachers(cell.run(0) for cell in shown)]
    own = [cell for cell in dict.fromkeys(chain) if (cell.dataset, cell.backbone) == (block.dataset, backbone)]
    return [cell for cell in own if not block.variants or cell.variant in block.variants]


def one_of_each_method(plan: Plan, names: Sequence[str] = ()) -> list[Job]:
    """A training of every method, with its teachers, each a job: seed 0 of the first cell of a table that has it.

    With ``names`` of these methods alone.
    """
    first: dict[str, Run] = {}
    for paper, known in plan.papers.items():
        for table in known.tables:
            for cell in plan.cells_of(paper, table):
                run = cell.run(0)
                first.setdefault(plan.resolve(run)["method"]["name"], run)  # type: ignore[index]
    asked = (run for name, run in first.items() if not names or name in names)
    return [Job((run,), 2) for run in plan.with_teachers(asked)]


def train_until(
    deadline: float,
    plan: Plan,
    jobs: Sequence[Job],
    settings: Mapping[str, Any],
    processes: int,
    logs: Path,
    gib: float = math.inf,
) -> dict[str, dict[str, Any]]:
    """Train jobs in their order, a student once its teachers have records; returns each job's exit code and seconds.

    At most ``processes`` at a time, and no more than ``gib`` of memory hold. At ``deadline`` (of ``time.monotonic``) what still
    runs is asked to stop, which writes its checkpoint (code 75). A job that fails brings the end of its log.
    """
    waiting, running, ended = list(jobs), {}, {}  # type: ignore[var-annotated]
    logs.mkdir(parents=True, exist_ok=True)

    def end(job: Job, code: int) -> None:
        began = running.pop(job)[1]
        log = _log(job, logs)
        tail = log.read_text(errors="replace").splitlines()[-LOG_LINES:] if code not in (0, 75) and log.exists() else []
        ended[job.name] = {"code": code, "seconds": round(time.monotonic() - began, 1), **({"log": tail} if tail else {})}

    try:
        while (waiting or running) and time.monotonic() < deadline:
            for job in [job for job in waiting if _taught(plan, job)]:
                held = sum(each.gib for each in running)
                if len(running) < processes and (not running or held + job.gib <= gib):
                    waiting.remove(job)
                    running[job] = _started(job, settings, logs), time.monotonic()
            if not running:
                break  # what waits has a teacher that will not come
            time.sleep(0.1)
            for job, (process, _) in list(running.items()):
                if process.poll() is not None:
                    end(job, process.returncode)
    finally:
        for process, _ in running.values():
            process.send_signal(signal.SIGTERM)
        for job, (process, _) in list(running.items()):
            end(job, _ended(process))
    return ended


def pack(folder: Path, out: Path, budget: int) -> dict[str, Any]:
    """Put records, teachers' weights and checkpoints below ``folder`` into pieces; returns what went in and what was too large.

    Records go first, then the smallest files, up to ``budget`` bytes before they are packed.
    """
    results = folder / "results"
    found = [path for part in ("runs", "work") for path in (results / part).rglob("*") if path.suffix in (".json", ".pt")]
    order = sorted(found, key=lambda path: (path.suffix == ".pt", path.stat().st_size, str(path)))
    held, taken, left = 0, [], []
    for path in order:
        size = path.stat().st_size
        (taken if held + size <= budget else left).append(path)
        held += size if held + size <= budget else 0
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for path in taken:
            archive.add(path, str(path.relative_to(folder)))
    content = stream.getvalue()
    for number, start in enumerate(range(0, len(content), PIECE)):
        (out / f"trainings.tgz.{number:02}").write_bytes(content[start : start + PIECE])
    return {"files": len(taken), "bytes": len(content), "left_out": [str(path.relative_to(folder)) for path in left]}


def unpack(pieces: Path, folder: Path) -> int:
    """Lay the trainings of an earlier lease into ``folder``; returns how many files there were."""
    content = b"".join(path.read_bytes() for path in sorted(pieces.glob("trainings.tgz.*")))
    if not content:
        return 0
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        archive.extractall(folder, filter="data")
        return len(archive.getnames())


def _taught(plan: Plan, job: Job) -> bool:
    return all(Path(teacher.record).exists() for run in job.runs for teacher in plan.teachers(run).values())


def _log(job: Job, logs: Path) -> Path:
    return logs / (job.name.replace("/", "-") + ".log")


def _started(job: Job, settings: Mapping[str, Any], logs: Path) -> subprocess.Popen[bytes]:
    told = {**settings, "seeds_at_once": len(job.runs)}
    words = [word for key, value in told.items() for word in ("--set", f"{key}={value}")]
    command = [sys.executable, "-m", "bench", "train", *(run.id for run in job.runs), *words]
    # Away from the terminal's own signals: one stop is enough.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    with _log(job, logs).open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, env=environment)


def _ended(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def records_of(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """The records that there are of jobs' runs."""
    return [read_record(Path(run.record)) for job in jobs for run in job.runs if Path(run.record).exists()]
