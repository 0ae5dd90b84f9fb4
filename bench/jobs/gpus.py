"""GPUs handed out to trainings that run side by side on one machine.

Every GPU has as many lock files as trainings may share it. A training holds one while it runs; the kernel frees it when the
process ends, however it ends, so that no crash leaves one taken. This is no scheduler: who waits is decided by Snakemake, which
counts the same shares as its resource ``gpu``.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from bench.plan import BenchError

FOLDER = Path("results/work/gpus")
VISIBLE = "CUDA_VISIBLE_DEVICES"


@contextmanager
def gpus_taken(
    gpus: int,
    per_gpu: int = 1,
    count: int = 1,
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path = FOLDER,
    poll_seconds: float = 0.5,
) -> Iterator[tuple[str, ...]]:
    """Wait for ``count`` GPUs with a free share each and hold them while the block runs.

    Parameters
    ----------
    gpus
        How many this machine hands out; 0 hands out nothing. A list that ``CUDA_VISIBLE_DEVICES`` holds already (by the
        user, by Slurm inside of an allocation) is handed out in place of 0, 1, 2...
    per_gpu
        How many trainings may share a GPU.
    environment
        Where ``CUDA_VISIBLE_DEVICES`` and ``SLURM_JOB_ID`` are read; the process's own unless given.

    Returns
    -------
    tuple
        Names for ``CUDA_VISIBLE_DEVICES``; empty where nothing is handed out and the variable is to be left alone.

    Raises
    ------
    BenchError
        If fewer GPUs are visible than the training needs.
    """
    around = os.environ if environment is None else environment
    names = _visible(gpus, around)
    if not gpus or ("SLURM_JOB_ID" in around and len(names) <= count):
        yield ()  # what Slurm gave to this job is its alone
        return
    if len(names) < count:
        raise BenchError(f"{count} GPUs are needed and {len(names)} can be handed out (gpus, {VISIBLE})")
    locks = [folder / _machine(around) / f"{_safe(name)}.{share}.lock" for share in range(per_gpu) for name in names]
    while True:
        with ExitStack() as held:
            taken = _take(locks, count, held)
            if taken is not None:
                yield tuple(names[index % len(names)] for index in taken)
                return
        time.sleep(poll_seconds)


def _take(locks: list[Path], count: int, held: ExitStack) -> list[int] | None:
    """The first free shares of ``count`` different GPUs, all or none: locks go round the GPUs, the emptiest first."""
    locks[0].parent.mkdir(parents=True, exist_ok=True)
    gpus = len({lock.name.rpartition(".lock")[0].rpartition(".")[0] for lock in locks})
    taken: dict[int, int] = {}
    with FileLock(locks[0].parent / "choosing"):
        for index, lock in enumerate(locks):
            if index % gpus in taken:
                continue
            try:
                held.enter_context(FileLock(lock, timeout=0))
            except Timeout:
                continue
            taken[index % gpus] = index
            if len(taken) == count:
                return list(taken.values())
    return None


def _visible(gpus: int, environment: Mapping[str, str]) -> list[str]:
    if VISIBLE not in environment:
        return [str(index) for index in range(gpus)]
    return [name.strip() for name in environment[VISIBLE].split(",") if name.strip()][:gpus]


def _machine(environment: Mapping[str, str]) -> str:
    """GPUs of one machine, or of one allocation of Slurm, whose numbers may mean other GPUs than another's."""
    job = environment.get("SLURM_JOB_ID")
    return _safe(platform.node() or "here") + (f"-job{_safe(job)}" if job else "")


def _safe(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in name)
