"""What a cluster is asked for: limits of one training job, from the estimates of its runs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from bench.plan.costs import device_named
from bench.plan.estimate import Estimates
from bench.plan.plan import Plan
from bench.plan.values import Run

MEMORY_MARGIN = 1.5
TIME_MARGIN = 3.0  # the CPU's estimates are right within a factor of about two, and the assumed GPU's are assumptions
START_MINUTES = 5


@dataclass(frozen=True)
class Limits:
    """Memory and time for a job that trains the seeds of a cell.

    Every further attempt gets half the memory and all the time again.
    """

    plan: Plan

    @cached_property
    def _estimates(self) -> Estimates:
        settings = self.plan.settings
        return Estimates(self.plan, device_named(settings.reference_device, settings.gpus))

    def memory_mb(self, runs: Iterable[Run], attempt: int = 1) -> int:
        """MiB on the host for all processes of the job."""
        needed = max(self._estimates.of(run).memory_mb * self.plan.devices(run) for run in runs)
        return math.ceil(MEMORY_MARGIN * needed * (1 + attempt) / 2 / 100) * 100

    def minutes(self, runs: Iterable[Run], attempt: int = 1) -> int:
        """Wall time; the seeds are trained one after the other."""
        return attempt * (START_MINUTES + math.ceil(TIME_MARGIN * self._estimates.seconds(runs) / 60))

    def gpus(self, runs: Iterable[Run]) -> int:
        """Devices of the job where trainings use GPUs; otherwise none."""
        return max(map(self.plan.devices, runs)) if self.plan.settings.gpus else 0
