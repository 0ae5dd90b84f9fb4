"""Whether the workflow's trainings may be forks of a process that has imported torch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bench.jobs.thin import ALONE
from bench.plan import Settings

DEVICES = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg", "/dev/kfd")  # of GPUs, also under WSL and of AMD


def may_fork(settings: Settings, environment: Mapping[str, str]) -> bool:
    """Whether they may: not against the settings, within a cluster's job, or where a training may use a GPU.

    A GPU is looked for by its device file: asking torch takes as long as a start, and its driver must not run before a fork.
    """
    if settings.preload != "auto" or settings.gpus or any(name in environment for name in ALONE):
        return False
    return settings.device == "cpu" or (settings.device == "auto" and not any(Path(path).exists() for path in DEVICES))
