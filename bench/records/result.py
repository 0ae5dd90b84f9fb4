"""A result: what the reports know of one run, whether its record is fresh or stored."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from bench.plan import Run
from bench.plan.metrics import METRICS, USUAL_TASK, best_epoch_of
from bench.records.hits import Hits
from bench.records.provenance import Provenance

Status = Literal["finished", "diverged", "failed", "missing"]


@dataclass(frozen=True)
class Result:
    """One run's outcome.

    ``metrics`` are percent (``accuracy`` of the last epoch, ``best_accuracy``, ``balanced_accuracy``, ``train_accuracy``);
    ``curve`` holds one list per name, an item per epoch (``test_accuracy``, ``loss``, ``loss_ce``, what the method logs);
    ``facts`` is the rest of the record (config, data, versions, hardware, cost, fingerprint). ``stale`` says that the code has
    changed since and the settings keep such results. A source of "beside" is the same run in another precision.
    """

    run: Run
    status: Status
    metrics: Mapping[str, float] = field(default_factory=dict)
    curve: Mapping[str, Sequence[float]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    source: Literal["fresh", "stored", "beside"] = "fresh"
    reason: str = ""
    stale: bool = False

    def at_best_epoch(self, name: str) -> float:
        """A score at the best test epoch; NaN where that is not recorded."""
        best = self.metric(best_epoch_of(name))
        return 100.0 - best if METRICS[name].complement_of else best

    @cached_property
    def provenance(self) -> Provenance | None:
        """How it came about; ``None`` where it has no facts, as a run without a record."""
        return Provenance.of(self.facts, self.source) if self.facts else None

    @property
    def hits(self) -> Hits | None:
        """Which test images were right at the last epoch; ``None`` in older results and where hits are not one per image."""
        fields = self.facts.get("hits")
        return Hits.read(fields, self.run.id) if fields and self.status == "finished" else None

    @property
    def task(self) -> str:
        """The kind of task that was trained."""
        return str(self.facts.get("config", {}).get("task", USUAL_TASK))

    @property
    def stand_in(self) -> bool:
        return bool(self.facts.get("data", {}).get("stand_in", False))

    @property
    def data_scopes(self) -> tuple[tuple[str, str], ...]:
        """Within its dataset, where results must be of the same pixels: in a column, and among columns of one image size."""
        return ("column", self.run.cell.backbone), ("size", str(self.facts.get("config", {}).get("data", {}).get("key", "")))

    def metric(self, name: str) -> float:
        """A metric of ``bench.plan.metrics``; NaN where the run has none. A complement is 100 minus its counterpart."""
        if self.status != "finished":
            return math.nan
        if name in COUNTED:
            return COUNTED[name](self.facts.get("cost", {}))
        complement = METRICS[name].complement_of if name in METRICS else ""
        if complement:
            return 100.0 - self.metrics.get(complement, math.nan)
        return self.metrics.get(name, math.nan)


def _parameters_m(cost: Mapping[str, float]) -> float:
    return (cost.get("parameters", math.nan) + cost.get("extra_parameters", math.nan)) / 1e6


def _parameters_ratio(cost: Mapping[str, float]) -> float:
    return cost.get("extra_parameters", math.nan) / cost.get("parameters", math.nan)


def _flops_ratio(cost: Mapping[str, float]) -> float:
    return cost.get("extra_flops", math.nan) / cost.get("flops", math.nan)


# Sizes are read off what a record says of its cost.
COUNTED = {"parameters_m": _parameters_m, "parameters_ratio": _parameters_ratio, "flops_ratio": _flops_ratio}
