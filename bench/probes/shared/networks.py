"""A trained run as a probe sees it: its data and its method as it was after an epoch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from bench.data import Batch, Dataset, FileSet, ImageSet, scored_batches
from bench.methods import Method, load_method
from bench.methods._registry import params_of
from bench.plan import BenchError, Plan, Run
from bench.train import Machine, Snapshots, build_student
from bench.train.checkpoint import load_checkpoint


@dataclass(frozen=True)
class Trained:
    """A run whose training kept its state for figures.

    Attributes
    ----------
    fingerprint
        The record's; a state of another training is refused.
    epochs
        After which epochs (counted from 1) the figure looks at it.
    """

    plan: Plan
    run: Run
    fingerprint: Mapping[str, str]
    dataset: Dataset
    epochs: tuple[int, ...]
    machine: Machine

    @property
    def config(self) -> dict[str, Any]:
        return self.plan.resolve(self.run)

    def method(self, epoch: int) -> Method:
        """The whole method after an epoch, in eval mode; its teachers are untrained, since no probe asks them.

        Raises
        ------
        BenchError
            If the state was not kept, is damaged, or belongs to another training.
        """
        path = Snapshots(Path(self.run.workspace)).path(epoch)
        again = f"python -m bench train {self.run.id}"
        if not path.exists():
            raise BenchError(f"{self.run.id}: its state after epoch {epoch} was not kept; {again}")
        state = load_checkpoint(path, self.machine.device)
        if state["config"]["fingerprint"] != self.fingerprint or state["config"]["data_digest"] != self.dataset.digest:
            raise BenchError(f"{path}: belongs to another training than the record; delete it, then {again}")
        config, plugins, classes = self.config, self.plan.settings.plugins, self.dataset.num_classes
        kind = load_method(config["method"]["name"], plugins)
        teachers = {role: build_student(self.plan.resolve(run), classes) for role, run in self.plan.teachers(self.run).items()}
        method = kind(build_student(config, classes), params_of(kind, config["method"]["params"]), classes, teachers)
        method.load_state_dict(state["method"])
        return method.to(self.machine.device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload, no-any-return]

    def batches(self, images: ImageSet | FileSet) -> Iterable[Batch]:
        """Images under the test-time transform, whichever side of the split they are from."""
        return scored_batches(images, self.config["recipe"], device=self.machine.device)

    def pictures(self, images: ImageSet | FileSet) -> torch.Tensor:
        """What the network sees of the images, before normalisation: (N, 3, S, S) in [0, 1]."""
        recipe = {**self.config["recipe"], "normalise": {"mean": [0.0], "std": [1.0]}}
        batches = scored_batches(images, recipe, device=self.machine.device)
        return torch.cat([batch.views[0] for batch in batches])
