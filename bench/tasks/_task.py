"""What a task is to the training loop, and how one is loaded."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, Protocol, cast

import torch
from torch import Tensor, nn

from bench.backbones import Network, build_backbone, taps_of
from bench.data import Batch
from bench.plan import BenchError, one_of
from bench.plan.catalogue import task_files


class Scorer(Protocol):
    """What adds up the test set, on the device, and is read once."""

    def add(self, prediction: Any, target: Any) -> None:
        """Count what a method predicts for a batch."""

    def values(self) -> dict[str, float]:
        """The task's recorded test metrics by name, percent each."""


class Task(Protocol):
    """A file of ``bench/tasks``."""

    METRICS: Mapping[str, Mapping[str, Any]]

    def network(self, net: nn.Module, **taps: Any) -> Network:
        """What methods see of a plain network."""

    def scorer(self, classes: int) -> Scorer:
        """A scorer of nothing yet."""

    def hits(self, output: Any, target: Any) -> Tensor | None:
        """bool, one per image or pixel that counts: whether the output is right; ``None`` where that means nothing."""

    def sample(self, draw: torch.Generator, count: int, classes: int, views: int = 1, pairs: bool = False) -> Batch:
        """A batch of ``count`` images of noise, 32 pixels a side, with targets."""


def load_task(name: str) -> Task:
    """The task of that name.

    Raises
    ------
    BenchError
        If there is none.
    """
    files = task_files()
    if name not in files:
        raise BenchError(f"unknown task '{name}'; {one_of(name, files)}")
    return cast(Task, importlib.import_module(f"bench.tasks.{name}"))


def build_network(name: str, num_classes: int, *, task: str = "classification", width: float = 1.0, **options: Any) -> Network:
    """A randomly initialised backbone as the methods of a task see it; parameters and errors as of ``build_backbone``."""
    return load_task(task).network(build_backbone(name, num_classes, width=width, **options), **taps_of(name))
