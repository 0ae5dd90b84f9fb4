"""Two processes that stop a training together and continue it, for a test to start; the suite's squares, on a CPU."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
import torch.distributed as distributed
from projects.squares import trained

from bench.data import Dataset
from bench.train import Group, Interrupted, Machine, Outcome, build_student

STOP_EVERY = 2
ASKS = 2  # of the 4 steps of an epoch, those before which the processes ask
# Which process is told to stop, and how often it is asked before it says yes.
STOPS = {
    "before the first step": (1, 0),
    "within an epoch": (0, 1),
    "at an epoch's first step": (1, ASKS),
    "while the first evaluates": (0, ASKS),
    "later, at an epoch's first step": (1, 3 * ASKS),
}


def member(rank: int, folder: str, config: dict, squares: Dataset) -> None:
    """One of the two processes: trains once undisturbed, then once per stop and to the end, and compares."""
    distributed.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
    Group.stop_every = {"cpu": STOP_EVERY}
    machine, group = Machine.of("cpu", "fp32", 1), Group(rank, 2)

    def train(name: str, stop: Callable[[], bool] = lambda: False, method: str = "baseline") -> Outcome:
        learners = {} if method == "baseline" else {"generation0": build_student(config, len(squares.classes))}
        asked_for = {**config, "method": {"name": method, "params": {}}}
        return trained(asked_for, squares, machine, Path(folder) / name, learners, group, stop=stop)[0]

    whole = train("whole")
    for name, (told, patience) in STOPS.items():
        asked = itertools.count()
        with pytest.raises(Interrupted):
            train(name, lambda: rank == told and next(asked) >= patience)  # noqa: B023
        distributed.barrier()
        assert (Path(folder) / name).exists(), name
        again = train(name)
        assert (again.status, again.metrics) == (whole.status, whole.metrics), name
        assert again.curve.keys() == whole.curve.keys(), name
        for column, values in whole.curve.items():
            assert all(abs(a - b) < 1e-5 for a, b in zip(again.curve[column], values, strict=True)), (name, column)
    untrained = train("untrained", method="ensemble")
    assert untrained.status == "finished" and bool(untrained.metrics) == group.first
    distributed.destroy_process_group()
