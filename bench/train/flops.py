"""What a network computes, counted and not timed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch.utils.flop_counter import FlopCounterMode

from bench.methods import Clock
from bench.train.setup import Training

IMAGES = 4  # in the batch that is counted; batch norm needs more than one


@dataclass(frozen=True)
class Flops:
    """Floating-point operations per fresh image.

    Attributes
    ----------
    forward
        Of the student's forward pass.
    extra
        What the forward part of a training step adds to what the student alone computes there.
    step
        Of a whole step, forward and backward.
    """

    forward: float
    extra: float
    step: float


def count_flops(training: Training, draws: int = 1) -> Flops:
    """Count a forward pass and a training step with torch's counter (two per multiply-add).

    Convolutions and matrix products count, elementwise work does not. The step is the second of two, so that a method which
    carries a mini-batch over has one, and its draws have fixed seeds. It changes the method's running statistics: count
    when the weights are saved.

    Parameters
    ----------
    draws
        Of how many steps the mean is taken: a method may leave out layers at random.
    """
    method, config = training.method, training.config
    batch = next(iter(training.batches.epoch(1))).rows(slice(IMAGES))
    clock = Clock(1, config["recipe"]["epochs"], 0, len(training.batches), config["recipe"]["schedule_epochs"])
    count = len(batch)
    with torch.no_grad():
        method.eval()
        forward = _counted(lambda: method.student(batch.images)) / count
        if not method.trains:
            return Flops(forward, 0.0, 0.0)
    method.train()
    torch.manual_seed(0)
    method(batch, clock)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        alone = _counted(lambda: method.student.training_pass(batch.images, batch.labels)) / count
    ahead = back = 0.0
    for _ in range(draws):
        with FlopCounterMode(display=False) as counter:
            step = method(batch, replace(clock, step=1))
            ahead += counter.get_total_flops() / draws / count
            torch.stack([term.float() for term in step.losses.values()]).sum().backward()
            back += counter.get_total_flops() / draws / count
    return Flops(forward, ahead - alone, back)


def _counted(work) -> int:  # type: ignore[no-untyped-def]
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops()
