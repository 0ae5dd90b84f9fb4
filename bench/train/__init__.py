"""The training of one run: a function of its resolved config. Names no method, no dataset and no task's metric."""

from bench.train.group import Group
from bench.train.loop import Interrupted, Loop, Outcome
from bench.train.setup import Machine, Training, build_student, build_training
from bench.train.side_by_side import Turns, side_by_side, take_turns
from bench.train.snapshot import Snapshots

__all__ = [
    "Group", "Interrupted", "Loop", "Machine", "Outcome", "Snapshots", "Training", "Turns", "build_student", "build_training",
    "side_by_side", "take_turns",
]  # fmt: skip
