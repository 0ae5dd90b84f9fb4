"""The training of one run: a function of its resolved config. Names no method and no dataset."""

from bench.train.group import Group
from bench.train.loop import Interrupted, Outcome, train_run
from bench.train.setup import Machine, Training, build_student, build_training
from bench.train.snapshot import Snapshots

__all__ = [
    "Group", "Interrupted", "Machine", "Outcome", "Snapshots", "Training", "build_student", "build_training", "train_run",
]  # fmt: skip
