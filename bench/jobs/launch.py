"""Where the trainings of a job run: on a GPU that is free, or as several processes on several devices."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.jobs.gpus import VISIBLE, gpus_taken
from bench.plan import Plan, Run
from bench.plan.settings import write_settings

REQUEUE = 75  # EX_TEMPFAIL: stopped by a signal, the checkpoint is written, run again


def is_member() -> bool:
    """Whether torchrun started this process as one of several that train a run together."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def is_first() -> bool:
    """Whether this process writes: alone, or the first of several."""
    return not is_member() or os.environ["RANK"] == "0"


@contextmanager
def stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call ``stop`` at every SIGTERM and SIGINT while the block runs."""
    kept = {name: signal.signal(name, lambda number, frame: stop()) for name in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for name, handler in kept.items():
            signal.signal(name, handler)


@contextmanager
def own_gpus(plan: Plan, run: Run) -> Iterator[None]:
    """Hold as many of the machine's GPUs as ``run`` needs and let torch see those alone; called before torch is imported."""
    settings = plan.settings
    wanted = 0 if settings.device == "cpu" or is_member() else settings.gpus
    with gpus_taken(wanted, settings.runs_per_gpu, plan.devices(run)) as names:
        if names:
            os.environ[VISIBLE] = ",".join(names)
        yield


def train_together(plan: Plan, runs: Sequence[Run], log: Path | None) -> int:
    """Train the seeds of a cell with torchrun, a process per device; returns the exit code as :meth:`Job.work` does."""
    count = plan.devices(runs[0])
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}", "-m", "bench"]
    command += ["train", *(run.id for run in runs), "--settings", str(write_settings(plan.settings))]
    command += ["--log", str(log)] if log else []
    environment = {**os.environ, "OMP_NUM_THREADS": str(plan.settings.threads)}
    stopped = False
    # Away from the terminal's own signals, and told once: torchrun drops its processes when it is told again and again.
    process = subprocess.Popen(command, env=environment, start_new_session=True)

    def pass_on() -> None:
        nonlocal stopped
        if not stopped:
            process.send_signal(signal.SIGTERM)
        stopped = True

    with stopped_by_signals(pass_on):
        code = process.wait()
    if code == 0:
        return 0
    return REQUEUE if stopped else 1
