"""The trainings of a lease: by priority, several processes at a time, stopped cleanly before its end, packed to go on from."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.plan import Plan, Run
from bench.plan.batches import cut
from bench.plan.catalogue import ROOT

PIECE = 15 * 2**20  # bytes of a file that a lease hands back
PATIENCE = 60  # seconds that a training has to write its checkpoint


@dataclass(frozen=True)
class Block:
    """Cells of a table's part, the earlier backbone first; of each all variants, each with its first seeds."""

    paper: str
    dataset: str
    backbones: Sequence[str]
    variants: Sequence[str]
    seeds: int


PRIORITY = (
    Block(
        "drrnet",
        "opensarship",
        ("vgg11_bn", "densenet121", "vgg16_bn", "resnet18", "alexnet"),
        ("baseline", "dlb", "lsr", "tfkd", "drrnet"),
        5,
    ),
    Block("selfguidance", "fer2013", ("resnet32_cifar",), ("baseline", "self-guidance"), 5),
    Block("frskd", "cifar100", ("wrn16_2_frskd",), ("baseline", "frskd-no-feature", "frskd"), 3),
)
DRY = (Block("selfguidance", "cifar10", ("resnet32_cifar",), ("baseline",), 1),)


def jobs_of(plan: Plan, blocks: Sequence[Block], seeds_at_once: int) -> list[list[Run]]:
    """What to train in which order, the seeds of a cell in jobs of ``seeds_at_once``; what has a record is left out."""
    cells = [
        (plan.cell(block.paper, block.dataset, backbone, variant), block.seeds)
        for block in blocks
        for backbone in block.backbones
        for variant in block.variants
    ]
    parts = [[cell.run(seed) for seed in seeds] for cell, count in cells for seeds in cut(range(count), seeds_at_once)]
    left = [[run for run in part if not Path(run.record).exists()] for part in parts]
    return [part for part in left if part]


def train_until(
    deadline: float, plan: Plan, jobs: Sequence[Sequence[Run]], settings: Mapping[str, Any], processes: int, logs: Path
) -> dict[str, int]:
    """Train jobs in their order, a student once its teachers have records; returns each job's exit code.

    At ``deadline`` (of ``time.monotonic``) what still runs is asked to stop, which writes its checkpoint (code 75).
    """
    waiting, running, codes = list(jobs), {}, {}  # type: ignore[var-annotated]
    logs.mkdir(parents=True, exist_ok=True)
    try:
        while (waiting or running) and time.monotonic() < deadline:
            for job in [job for job in waiting if _taught(plan, job)][: processes - len(running)]:
                waiting.remove(job)
                running[job[0].id] = _started(job, settings, logs)
            if not running:
                break  # what waits has a teacher that will not come
            time.sleep(0.2)
            for name in [name for name, process in running.items() if process.poll() is not None]:
                codes[name] = running.pop(name).returncode
    finally:
        for process in running.values():
            process.send_signal(signal.SIGTERM)
        for name, process in running.items():
            codes[name] = _ended(process)
    return codes


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


def _taught(plan: Plan, job: Sequence[Run]) -> bool:
    return all(Path(teacher.record).exists() for run in job for teacher in plan.teachers(run).values())


def _started(job: Sequence[Run], settings: Mapping[str, Any], logs: Path) -> subprocess.Popen[bytes]:
    log = logs / (job[0].id.replace("/", "-") + ".log")
    words = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    command = [sys.executable, "-m", "bench", "train", *(run.id for run in job), "--log", str(log), *words]
    # Away from the terminal's own signals: one stop is enough.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    silent: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, **silent, start_new_session=True, env=environment)


def _ended(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def finished(jobs: Sequence[Sequence[Run]]) -> Iterator[Run]:
    """The runs that have a record."""
    return (run for job in jobs for run in job if Path(run.record).exists())
