"""torch's optimisers and schedules, by the names that recipes use."""

from __future__ import annotations

import warnings
from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim import lr_scheduler as schedules

NORMS = (nn.modules.batchnorm._NormBase, nn.GroupNorm, nn.LayerNorm)


def build_optimiser(module: nn.Module, recipe: Mapping[str, Any], *, fused: bool = True) -> Optimizer:
    """One optimiser over all that trains of student and auxiliary modules.

    Weight decay applies to every parameter, as in the authors' codes; where the optimiser has ``weight_decay_norm``, that of
    normalisation layers (their weights and biases) is that. ``fused`` are torch's kernels that take a step at once.
    """
    options = dict(recipe["optimiser"])
    name = options.pop("name")
    if "betas" in options:
        options["betas"] = tuple(options["betas"])
    kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[name]
    of_norms = options.pop("weight_decay_norm", None)
    trained = [item for item in module.parameters() if item.requires_grad]
    if of_norms is None:
        return kind(trained, fused=fused, **options)
    norms = {id(item) for layer in module.modules() if isinstance(layer, NORMS) for item in layer.parameters(recurse=False)}
    rest, own = ([item for item in trained if (id(item) in norms) == belongs] for belongs in (False, True))
    groups = [{"params": rest}, {"params": own, "weight_decay": of_norms}]
    return kind([group for group in groups if group["params"]], fused=fused, **options)


class EpochSchedule:
    """A torch schedule, stepped in epochs of the paper.

    A training of E epochs walks through a schedule that is written for E' epochs: after e epochs the schedule stands at
    the paper's epoch floor(e E' / E). With E = E' that is one step per epoch, and a milestone m acts after m completed
    epochs.
    """

    def __init__(self, optimiser: Optimizer, recipe: Mapping[str, Any]) -> None:
        self.epochs = recipe["epochs"]
        self.schedule_epochs = recipe["schedule_epochs"]
        self.scheduler = _build_schedule(optimiser, recipe["schedule"], self.schedule_epochs)

    def advance(self, completed: int) -> None:
        """Bring the learning rate to where it stands after ``completed`` epochs."""
        target = completed * self.schedule_epochs // self.epochs
        with warnings.catch_warnings():
            # A process that resumes at an epoch's end has made no step of its own yet, which torch takes for a mistake.
            warnings.filterwarnings("ignore", "Detected call of `lr_scheduler.step")
            while self.scheduler.last_epoch < target:
                self.scheduler.step()

    def state_dict(self) -> dict[str, Any]:
        return self.scheduler.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.scheduler.load_state_dict(state)


class IterationSchedule:
    """A learning rate that is a function of the iteration: a rise in a line, then a decay at every milestone.

    A training of E epochs walks through a schedule that is written for E' of them E' / E times as fast.
    """

    def __init__(self, optimiser: Optimizer, recipe: Mapping[str, Any]) -> None:
        schedule = recipe["schedule"]
        self.optimiser = optimiser
        self.speed = recipe["schedule_epochs"] / recipe["epochs"]
        self.milestones, self.gamma = schedule["milestones"], schedule.get("gamma", 0.1)
        self.warm_up, self.least = schedule.get("warm_up", 0), schedule.get("warm_up_factor", 0.001)
        for group in optimiser.param_groups:
            group.setdefault("initial_lr", group["lr"])

    def factor(self, iteration: int) -> float:
        """The share of the initial learning rate in a step; iterations are counted from 0."""
        place = iteration * self.speed
        rise = 1.0 if place >= self.warm_up else self.least + (1 - self.least) * place / self.warm_up
        return float(rise * self.gamma ** bisect_right(self.milestones, place))

    def set(self, iteration: int) -> None:
        """Give every group of the optimiser the learning rate of a step."""
        for group in self.optimiser.param_groups:
            group["lr"] = group["initial_lr"] * self.factor(iteration)


def by_iteration(recipe: Mapping[str, Any]) -> bool:
    """Whether a recipe's schedule counts iterations."""
    return bool(recipe["schedule"].get("unit") == "iteration")


def _build_schedule(optimiser: Optimizer, schedule: Mapping[str, Any], epochs: int) -> schedules.LRScheduler:
    name, gamma = schedule["name"], schedule.get("gamma", 0.1)
    if name == "step":
        return schedules.StepLR(optimiser, schedule["step_size"], gamma)
    if name == "multistep" and schedule.get("unit") != "iteration":
        return schedules.MultiStepLR(optimiser, schedule["milestones"], gamma)
    if name == "cosine":
        return schedules.CosineAnnealingLR(optimiser, epochs)
    return schedules.LambdaLR(optimiser, _one)


def _one(epoch: int) -> float:
    return 1.0
