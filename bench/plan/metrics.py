"""What an entry of a table can show: scores that are tested, sizes that are counted, settings that are read off the recipe.

The scores are those of the tasks: a file of ``bench/tasks`` holds a literal ``METRICS``, its headline first, that is read here
without importing it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from bench.plan.catalogue import task_files, task_metrics


@dataclass(frozen=True)
class Metric:
    """A metric as readers know it.

    Attributes
    ----------
    kind
        A ``score`` differs from seed to seed and is tested; a ``size`` is the same for every seed and only counted; a
        ``setting`` is read off the paper's recipe and trains nothing.
    higher_is_better
        Of a score; no meaning elsewhere.
    complement_of
        The metric that this one is 100 minus, as an error rate is of an accuracy; such a metric is not recorded itself.
    best_of
        The metric whose best epoch this one is.
    side
        The images that a score is of; of those for training it is measured while they train.
    task
        The kind of task whose score it is.
    """

    label: str
    unit: str
    kind: Literal["score", "size", "setting"] = "score"
    higher_is_better: bool = True
    complement_of: str = ""
    best_of: str = ""
    side: Literal["test", "train"] = "test"
    task: str = ""

    @property
    def is_score(self) -> bool:
        return self.kind == "score"


USUAL_TASK = "classification"  # of what names none
SIZES = {
    "parameters_m": Metric("parameters while training", "millions", "size"),
    "parameters_ratio": Metric("parameters added, relative to the network's", "×", "size"),
    "flops_ratio": Metric("FLOPs added, relative to the network's", "×", "size"),
}
SETTINGS = {
    "batch_size": Metric("batch size", "images", "setting"),
    "learning_rate": Metric("initial learning rate", "", "setting"),
    "weight_decay": Metric("weight decay", "", "setting"),
    "epochs": Metric("epochs", "", "setting"),
    "milestone_1": Metric("epoch of the first decay", "", "setting"),
    "milestone_2": Metric("epoch of the second decay", "", "setting"),
    "milestone_3": Metric("epoch of the third decay", "", "setting"),
    "decay": Metric("division at a decay", "", "setting"),
    "iterations": Metric("iterations", "", "setting"),
    "gpus": Metric("GPUs", "", "setting"),
    "loss_weight": Metric("weight of the distillation loss", "", "setting"),
}


def _scores() -> Iterator[tuple[str, Metric]]:
    for task in task_files():
        for name, facts in task_metrics(task).items():
            yield name, Metric(**facts, task=task)


SCORES: Mapping[str, Metric] = dict(_scores())
METRICS: Mapping[str, Metric] = {**SCORES, **SIZES, **SETTINGS}


def recorded_metrics(task: str) -> tuple[str, ...]:
    """The metrics that a record of a task holds, its headline first; complements are worked out from them."""
    return tuple(name for name, metric in SCORES.items() if metric.task == task and not metric.complement_of)


def headline(task: str) -> str:
    """The metric that a task is known by."""
    return recorded_metrics(task)[0]


def curve_of(name: str) -> str:
    """The curve of a score in a record; that of a complement is its counterpart's, to be taken from 100."""
    metric = METRICS[name]
    if metric.complement_of or metric.best_of:
        return curve_of(metric.complement_of or metric.best_of)
    return name if metric.side == "train" else f"test_{name}"


def best_epoch_of(name: str) -> str:
    """The recorded metric that is a score at its best epoch, or that of its counterpart; empty where there is none."""
    last = METRICS[name].complement_of or name
    return last if METRICS[last].best_of else next((other for other, facts in SCORES.items() if facts.best_of == last), "")


def counterpart(name: str) -> str:
    """The metric that 100 minus ``name`` is; empty where there is none."""
    metric = METRICS.get(name)
    if metric and metric.complement_of:
        return metric.complement_of
    return next((other for other, facts in METRICS.items() if facts.complement_of == name), "")
