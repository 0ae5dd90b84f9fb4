"""One training of the coloured squares, alone or as one of a group."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.backbones import Network
from bench.data import Dataset
from bench.train import Group, Loop, Machine, Outcome, Training, build_training
from bench.train.group import ALONE
from bench.train.progress import Reporter


def trained(*given: Any, **options: Any) -> tuple[Outcome, Training]:
    """Train a config, given as to :func:`built`; returns the outcome and the training."""
    loop = built(*given, **options)
    return loop.run(), loop.training


def built(
    config: Mapping[str, Any],
    squares: Dataset,
    machine: Machine,
    checkpoint: Path,
    teachers: Mapping[str, Network] | None = None,
    group: Group = ALONE,
    **options: Any,
) -> Loop:
    """The loop of a config, before its first step."""
    training = build_training(config, squares, teachers or {}, machine, (), group)
    reporter = Reporter("test", config["recipe"]["epochs"], (sys.stderr,) if group.first else ())
    return Loop(training, machine, checkpoint, reporter, group=group, **options)
