"""What an entry of a table can show: scores that are tested, sizes that are counted, settings that are read off the recipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


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
    """

    label: str
    unit: str
    kind: Literal["score", "size", "setting"] = "score"
    higher_is_better: bool = True


METRICS = {
    "accuracy": Metric("accuracy", "percent"),
    "best_accuracy": Metric("best epoch's accuracy", "percent"),
    "balanced_accuracy": Metric("balanced accuracy", "percent"),
    "top5_accuracy": Metric("top-5 accuracy", "percent"),
    "train_accuracy": Metric("training accuracy", "percent"),
    "error": Metric("error rate", "percent", higher_is_better=False),
    "top5_error": Metric("top-5 error rate", "percent", higher_is_better=False),
    "miou": Metric("mean intersection over union", "percent"),
    "parameters_m": Metric("parameters while training", "millions", "size"),
    "parameters_ratio": Metric("parameters added, relative to the network's", "×", "size"),
    "flops_ratio": Metric("FLOPs added, relative to the network's", "×", "size"),
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
