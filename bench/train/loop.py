"""The training loop: steps, epochs, curve, checkpoint, resume."""

from __future__ import annotations

import math
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import torch

from bench.data import Batch, mix
from bench.methods import Clock
from bench.plan import BenchError
from bench.train.checkpoint import load_checkpoint, save_checkpoint
from bench.train.evaluate import Score, evaluate
from bench.train.group import ALONE, Group, Stepper
from bench.train.meters import Curve, EpochMeter
from bench.train.precision import autocast
from bench.train.progress import Reporter
from bench.train.setup import Machine, Training
from bench.train.snapshot import NO_SNAPSHOTS, Snapshots


class Interrupted(Exception):
    """The training was asked to stop and has written its checkpoint."""


@dataclass(frozen=True)
class Outcome:
    """What a training leaves: metrics in percent, the curve, what it cost."""

    status: str
    reason: str
    metrics: dict[str, float]
    curve: dict[str, list[float]]
    cost: dict[str, float]


@dataclass
class _Progress:
    """Where a training stands; with the modules' states, all that a checkpoint needs."""

    epoch: int = 0  # completed
    step: int = 0  # completed within the epoch under way
    seconds: float = 0.0  # of training, evaluation left out
    images: int = 0
    meter: EpochMeter = field(default_factory=EpochMeter)
    curve: Curve = field(default_factory=Curve)


def train_run(
    training: Training,
    machine: Machine,
    checkpoint: Path,
    reporter: Reporter,
    *,
    checkpoint_seconds: float = 60.0,
    snapshots: Snapshots = NO_SNAPSHOTS,
    stop: Callable[[], bool] = lambda: False,
    group: Group = ALONE,
) -> Outcome:
    """Train one run to its end, from its checkpoint if there is one.

    The result does not depend on where the run was interrupted: every draw is a function of (seed, epoch, step), and
    the checkpoint holds the rest. On CPU that is so bit for bit.

    Parameters
    ----------
    checkpoint
        Where the state is kept on the way. A damaged file is named in one line and the training starts anew.
    checkpoint_seconds
        Time between two checkpoints; 0 writes one after every epoch.
    snapshots
        The epochs whose state is kept for figures; all of them are there when the training is finished, however often it
        was interrupted.
    stop
        Asked before every batch; once true, a checkpoint is written and :class:`Interrupted` raised.
    group
        The processes that share the training; all but the first return an outcome without metrics and curve.
    """
    torch.set_num_threads(machine.threads)
    progress = _resume(training, machine, checkpoint, reporter, snapshots, group)
    stepper = group.stepper(training.method) if training.method.trains else training.method.step
    epochs = training.config["recipe"]["epochs"] if training.method.trains else 1
    saved = time.monotonic()
    while progress.epoch < epochs:
        if training.method.trains:
            _train_epoch(training, machine, progress, checkpoint, stop, group, stepper)
        row = group.total(progress.meter).means()
        if not math.isfinite(row.get("loss", 0.0)):
            return _outcome(training, progress, machine, "diverged", f"the loss is {row['loss']} in epoch {progress.epoch + 1}")
        score = _score(training, machine, stop) if group.first else None
        if group.agree(group.first and score is None):  # the others wait here for the first, which alone evaluates
            _interrupt(training, progress, checkpoint, group)  # at the epoch's last step; the evaluation is done again
        if score is not None:
            row.update({f"test_{name}": value for name, value in vars(score).items()})
            row["learning_rate"] = training.optimiser.param_groups[0]["lr"]
            progress.curve.append(row)
        progress.epoch, progress.step, progress.meter = progress.epoch + 1, 0, EpochMeter()
        if training.method.trains:
            training.schedule.advance(progress.epoch)
        if not group.first:
            continue
        reporter.epoch(progress.epoch, row, progress.images / max(progress.seconds, 1e-9))
        # Before the checkpoint: a training that is resumed from it must not lack this epoch.
        snapshots.keep(progress.epoch, training.method, training.config)
        if time.monotonic() - saved >= checkpoint_seconds and progress.epoch < epochs:
            _save(training, progress, checkpoint)
            saved = time.monotonic()
    return _outcome(training, progress, machine, "finished", "")


def _train_epoch(
    training: Training,
    machine: Machine,
    progress: _Progress,
    checkpoint: Path,
    stop: Callable[[], bool],
    group: Group,
    stepper: Stepper,
) -> None:
    config, batches = training.config, training.batches
    epochs, steps = config["recipe"]["epochs"], len(batches)
    training.method.train()
    began = time.monotonic()
    for batch in batches.epoch(progress.epoch + 1, start_step=progress.step):
        if group.agree(stop()):
            progress.seconds += time.monotonic() - began
            _interrupt(training, progress, checkpoint, group)
        torch.manual_seed(mix(config["seed"], "step", progress.epoch, progress.step, *group.words))
        clock = Clock(progress.epoch + 1, epochs, progress.step, steps, config["recipe"]["schedule_epochs"])
        _train_step(training, machine, progress, batch, clock, group, stepper)
        progress.step += 1
    progress.seconds += time.monotonic() - began


def _score(training: Training, machine: Machine, stop: Callable[[], bool]) -> Score | None:
    """On the test set; None if it was time to stop."""
    with autocast(machine.precision, machine.device), suppress(Interrupted):
        return evaluate(training.method, _unless(stop, training), training.method.num_classes)
    return None


def _unless(stop: Callable[[], bool], training: Training) -> Iterator[Batch]:
    """The test batches, until it is time to stop: an evaluation may take longer than a scheduler waits."""
    for batch in training.test:
        if stop():
            raise Interrupted(training.config["run"])
        yield batch


def _train_step(
    training: Training, machine: Machine, progress: _Progress, batch: Batch, clock: Clock, group: Group, stepper: Stepper
) -> None:
    with autocast(machine.precision, machine.device):
        share = group.share(batch)
        step = group.weighted(stepper(share, clock), share)
        total = torch.stack([term.float() for term in step.losses.values()]).sum()
    training.optimiser.zero_grad(set_to_none=True)
    (total if group.size == 1 else total * group.size).backward()  # the gradients of a group are averaged
    limit = training.config["recipe"].get("clip_gradient")
    if limit:
        torch.nn.utils.clip_grad_norm_(training.method.parameters(), limit)
    training.optimiser.step()
    progress.meter.add(step, total)
    progress.images += share.whole or len(share)


def _interrupt(training: Training, progress: _Progress, checkpoint: Path, group: Group) -> NoReturn:
    """Write the checkpoint that every process of the group continues from, and stop; all of them call it together."""
    progress.meter = group.total(progress.meter)
    if group.first:
        _save(training, progress, checkpoint)
    raise Interrupted(training.config["run"])


def _save(training: Training, progress: _Progress, path: Path) -> None:
    state: dict[str, Any] = {
        "config": dict(training.config),
        "method": training.method.state_dict(),
        "optimiser": training.optimiser.state_dict(),
        "schedule": training.schedule.state_dict(),
        "progress": {**vars(progress), "meter": progress.meter.state_dict(), "curve": vars(progress.curve)},
    }
    save_checkpoint(path, state)


def _resume(
    training: Training, machine: Machine, path: Path, reporter: Reporter, snapshots: Snapshots, group: Group
) -> _Progress:
    progress = _Progress()
    if not path.exists():
        return progress
    try:
        state = load_checkpoint(path, machine.device)
    except BenchError as error:
        reporter.line(f"{error}; training starts anew")
        return progress
    if state.get("config") != dict(training.config):
        reporter.line("its checkpoint belongs to another config, code or data set; training starts anew")
        return progress
    try:
        lacking = snapshots.lacking(state["progress"]["epoch"], training.config)
        if lacking:
            reporter.line(f"a figure looks at epoch {lacking[0]}, which its checkpoint is past; training starts anew")
            return progress
        progress = _restored(training, state, group)
    except (KeyError, TypeError, ValueError, RuntimeError, AttributeError) as error:
        raise BenchError(f"{path}: does not fit its training ({type(error).__name__}); delete it and run again") from None
    reporter.resumed(progress.epoch)
    return progress


def _restored(training: Training, state: dict[str, Any], group: Group) -> _Progress:
    training.method.load_state_dict(state["method"])
    training.optimiser.load_state_dict(state["optimiser"])
    training.schedule.load_state_dict(state["schedule"])
    kept = state["progress"]
    meter, curve = EpochMeter(), Curve()
    meter.load_state_dict(kept["meter"])
    if group.first:
        vars(curve).update(kept["curve"])
    return _Progress(**{**kept, "meter": group.own(meter), "curve": curve})


def _outcome(training: Training, progress: _Progress, machine: Machine, status: str, reason: str) -> Outcome:
    curve = progress.curve.values
    metrics: dict[str, float] = {}
    if status == "finished" and curve:
        metrics = {name: curve[f"test_{name}"][-1] for name in ("accuracy", "balanced_accuracy", "top5_accuracy")}
        metrics["best_accuracy"] = max(curve["test_accuracy"])
        if training.method.trains:
            metrics["train_accuracy"] = curve["train_accuracy"][-1]
    cost = {
        "train_seconds": round(progress.seconds, 3),
        "images_per_second": round(progress.images / max(progress.seconds, 1e-9), 1),
        "peak_memory_mb": _peak_memory(machine),
        "parameters": training.parameters,
        "extra_parameters": training.extra_parameters,
        "relative_cost": round(type(training.method).cost(), 3),
    }
    return Outcome(status, reason, metrics, curve, cost)


def _peak_memory(machine: Machine) -> float:
    """In MiB: the device's on a GPU, the process's elsewhere."""
    if machine.device.type == "cuda":
        return round(torch.cuda.max_memory_allocated(machine.device) / 2**20, 1)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10, 1)
