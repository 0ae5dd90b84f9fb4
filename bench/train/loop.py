"""The training loop: steps, epochs, curve, checkpoint, resume."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch import Tensor

from bench.data import Batch, mix
from bench.methods import Clock
from bench.plan import BenchError
from bench.train.checkpoint import load_checkpoint, save_checkpoint
from bench.train.group import ALONE, Group
from bench.train.memory import peak_memory
from bench.train.meters import Curve, EpochMeter, hits_of_images
from bench.train.precision import autocast
from bench.train.progress import Reporter
from bench.train.setup import Machine, Training
from bench.train.snapshot import NO_SNAPSHOTS, Snapshots


class Interrupted(Exception):
    """The training was asked to stop and has written its checkpoint."""


@dataclass(frozen=True)
class Outcome:
    """What a training leaves: metrics in percent, the curve, what it cost, which test images were right at its last epoch."""

    status: str
    reason: str
    metrics: dict[str, float]
    curve: dict[str, list[float]]
    cost: dict[str, float]
    hits: tuple[bool, ...] = ()  # (N,) in test-set order; none where the task's hits are not one per image


@dataclass
class Progress:
    """Where a training stands; with the modules' states, all that a checkpoint needs."""

    epoch: int = 0  # completed
    step: int = 0  # completed within the epoch under way
    seconds: float = 0.0  # of training, evaluation left out
    images: int = 0
    meter: EpochMeter = field(default_factory=EpochMeter)
    curve: Curve = field(default_factory=Curve)
    hits: Any = None  # (N,), of the epoch that is the headline so far


@dataclass
class Loop:
    """One training, from its checkpoint if there is one.

    The result does not depend on where it was interrupted: every draw is a function of (seed, epoch, step), and the checkpoint
    holds the rest. On CPU that is so bit for bit.

    Attributes
    ----------
    checkpoint
        Where the state is kept on the way. A damaged file is named in one line and the training starts anew.
    checkpoint_seconds
        Time between two checkpoints; 0 writes one after every epoch.
    snapshots
        The epochs whose state is kept for figures; all of them are there when the training is finished, however often it was
        interrupted.
    stop
        Asked before every batch; once true, a checkpoint is written and :class:`Interrupted` raised.
    group
        The processes that share the training; all but the first end with an outcome without metrics and curve.
    outcome
        Set when :meth:`steps` is exhausted.
    """

    training: Training
    machine: Machine
    checkpoint: Path
    reporter: Reporter
    checkpoint_seconds: float = 60.0
    snapshots: Snapshots = NO_SNAPSHOTS
    stop: Callable[[], bool] = lambda: False
    group: Group = ALONE
    progress: Progress = field(default_factory=Progress)
    outcome: Outcome | None = None
    hits: list[Tensor] = field(default_factory=list)  # of the latest evaluation, a batch each, where they may be kept

    def run(self) -> Outcome:
        """Train to the end."""
        for _ in self.steps():
            pass
        assert self.outcome is not None
        return self.outcome

    def steps(self) -> Iterator[None]:
        """Train, pausing after every step of the optimiser; between two steps another training may have its turn."""
        self.machine.prepare(self.training.fixed_shapes)
        self._resume()
        training, saved = self.training, time.monotonic()
        while self.progress.epoch < training.epochs:
            if training.method.trains:
                yield from self._epoch()
            row = self._measured()
            if not math.isfinite(row.get("loss", 0.0)):
                self._end("diverged", f"the loss is {row['loss']} in epoch {self.progress.epoch + 1}")
                return
            self._advance()
            if not self.group.first:
                continue
            self._report(row)
            # Before the checkpoint: a training that is resumed from it must not lack this epoch.
            self.snapshots.keep(self.progress.epoch, training.method, training.config)
            if time.monotonic() - saved >= self.checkpoint_seconds and self.progress.epoch < training.epochs:
                self._save()
                saved = time.monotonic()
        self._end("finished", "")

    def _epoch(self) -> Iterator[None]:
        training, progress = self.training, self.progress
        seed, recipe = training.config["seed"], training.config["recipe"]
        training.method.train()
        began, batches = time.monotonic(), training.batches_in(progress.epoch + 1, progress.step)
        for batch in batches:
            if self.group.asks(progress.step) and self.group.agree(self.stop()):
                progress.seconds += time.monotonic() - began
                self._interrupt()
            torch.manual_seed(mix(seed, "step", progress.epoch, progress.step, *self.group.words))
            clock = Clock(progress.epoch + 1, recipe["epochs"], progress.step, len(training.batches), recipe["schedule_epochs"])
            measured = training.update(batch, clock)
            progress.meter.add(measured)
            progress.images += measured.images
            progress.step += 1
            progress.seconds += time.monotonic() - began
            yield
            began = time.monotonic()
        progress.seconds += self.machine.now() - began

    def _measured(self) -> dict[str, float]:
        """The epoch's row of the curve; of a loss that is not finite alone."""
        row = self.group.total(self.progress.meter).means(self.training.train_score)
        if not math.isfinite(row.get("loss", 0.0)):
            return row
        scores = (self._score() if self._due() else {}) if self.group.first else None
        if self.group.agree(self.group.first and scores is None):  # the others wait here for the first, which alone evaluates
            self._interrupt()  # at the epoch's last step; the evaluation is done again
        if scores is not None:
            row.update(scores)
            row["learning_rate"] = self.training.optimiser.param_groups[0]["lr"]
            self.progress.curve.append(row)
            if self.hits and self._headline_epoch() == self.progress.epoch:
                self.progress.hits = torch.cat(self.hits)
        return row

    def _due(self) -> bool:
        """Whether the epoch under way ends with an evaluation: the last one always does."""
        every, epoch = self.training.config["recipe"].get("evaluate_every", 1), self.progress.epoch + 1
        return epoch % every == 0 or epoch == self.training.epochs

    @torch.inference_mode()
    def _score(self) -> dict[str, float] | None:
        """What the method deploys, on each side; ``None`` if it was time to stop. Touches no other state of the training."""
        training, method, was_training = self.training, self.training.method, self.training.method.training
        keeps = bool(training.selected_by) or self.progress.epoch + 1 == training.epochs
        found: dict[str, float] = {}
        self.hits = []
        method.eval()
        try:
            with autocast(self.machine.precision, self.machine.device), suppress(Interrupted):
                for side, batches in training.scored.items():
                    scorer = training.task.scorer(method.num_classes)
                    for batch in self._until_stopped(batches):
                        prediction = method.predict(batch.images)
                        scorer.add(prediction, batch.labels)
                        if keeps and side == "test":
                            self.hits.append(hits_of_images(training.task, prediction, batch.labels))
                    found |= {f"{side}_{name}": value for name, value in scorer.values().items()}
                return found
            return None
        finally:
            method.train(was_training)

    def _until_stopped(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Batches until it is time to stop: an evaluation may take longer than a scheduler waits."""
        for batch in batches:
            if self.stop():
                raise Interrupted(self.training.config["run"])
            yield batch

    def _headline_epoch(self) -> int:
        """The place (from 0) of the epoch that is the headline so far."""
        by, curve, (name, facts) = self.training.selected_by, self.progress.curve, next(iter(self.training.metrics.items()))
        return curve.best_epoch(f"{by}_{name}", facts.higher_is_better) if by else curve.epochs - 1

    def _advance(self) -> None:
        progress = self.progress
        progress.epoch, progress.step, progress.meter = progress.epoch + 1, 0, EpochMeter()
        if self.training.method.trains:
            self.training.schedule.advance(progress.epoch)

    def _report(self, row: dict[str, float]) -> None:
        headline = next(iter(self.training.metrics))
        shown = {"train": self.training.train_score, **{side: f"{side}_{headline}" for side in self.training.scored}}
        speed = self.progress.images / max(self.progress.seconds, 1e-9)
        self.reporter.epoch(self.progress.epoch, row, shown, speed)

    def _interrupt(self) -> NoReturn:
        """Write the checkpoint that every process of the group continues from, and stop; all of them call it together."""
        self.progress.meter = self.group.total(self.progress.meter)
        if self.group.first:
            self._save()
        raise Interrupted(self.training.config["run"])

    def _save(self) -> None:
        training, progress = self.training, self.progress
        state: dict[str, Any] = {
            "config": dict(training.config),
            "method": training.method.state_dict(),
            "optimiser": training.optimiser.state_dict(),
            "schedule": training.schedule.state_dict(),
            "scaler": training.scaler.state_dict(),
            "progress": {**vars(progress), "meter": progress.meter.state_dict(), "curve": vars(progress.curve)},
        }
        save_checkpoint(self.checkpoint, state)

    def _resume(self) -> None:
        path, config = self.checkpoint, self.training.config
        if not path.exists():
            return
        try:
            state = load_checkpoint(path, self.machine.device)
        except BenchError as error:
            self.reporter.line(f"{error}; training starts anew")
            return
        if state.get("config") != dict(config):
            self.reporter.line("its checkpoint belongs to another config, code or data set; training starts anew")
            return
        try:
            lacking = self.snapshots.lacking(state["progress"]["epoch"], config)
            if lacking:
                self.reporter.line(f"a figure looks at epoch {lacking[0]}, which its checkpoint is past; training starts anew")
                return
            self._restore(state)
        except (KeyError, TypeError, ValueError, RuntimeError, AttributeError) as error:
            raise BenchError(f"{path}: does not fit its training ({type(error).__name__}); delete it and run again") from None
        self.reporter.resumed(self.progress.epoch)

    def _restore(self, state: dict[str, Any]) -> None:
        training, kept = self.training, state["progress"]
        training.method.load_state_dict(state["method"])
        training.optimiser.load_state_dict(state["optimiser"])
        training.schedule.load_state_dict(state["schedule"])
        training.scaler.load_state_dict(state["scaler"])
        meter, curve = EpochMeter(), Curve()
        meter.load_state_dict(kept["meter"])
        if self.group.first:
            vars(curve).update(kept["curve"])
        self.progress = Progress(**{**kept, "meter": self.group.own(meter), "curve": curve})

    def _end(self, status: str, reason: str) -> None:
        training, progress, curve = self.training, self.progress, self.progress.curve
        finished = status == "finished" and bool(curve.values)
        at = self._headline_epoch()
        metrics = {name: curve.metric(name, facts, at) for name, facts in training.metrics.items()} if finished else {}
        cost = {
            "train_seconds": round(progress.seconds, 3),
            "images_per_second": round(progress.images / max(progress.seconds, 1e-9), 1),
            "peak_memory_mb": peak_memory(self.machine.device),
            "parameters": training.parameters,
            "extra_parameters": training.extra_parameters,
            "relative_cost": round(type(training.method).cost(), 3),
        }
        known = {name: value for name, value in metrics.items() if value is not None}
        hits = tuple(progress.hits.tolist()) if finished and progress.hits is not None else ()
        self.outcome = Outcome(status, reason, known, curve.values, cost, hits)
