"""Settings that a table shows: what our recipe of a paper says, whatever the scale."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from bench.plan import Entry, Paper


def setting_of(paper: Paper, entry: Entry) -> float:
    """The value of a metric of kind ``setting``; NaN where the recipe or the variant has none.

    Decays are those of a multistep schedule; the weight of a distillation loss is the variant's parameter ``weight``.
    """
    recipe = paper.recipe(entry.dataset, entry.backbone)
    return float(_read(entry.metric, recipe, paper.variants[entry.variant].params_at(entry.dataset, entry.backbone)))


def _read(metric: str, recipe: Mapping[str, Any], params: Mapping[str, Any]) -> Any:
    schedule = recipe["schedule"]
    milestones = schedule.get("milestones", [])
    if metric.startswith("milestone_"):
        position = int(metric.removeprefix("milestone_")) - 1
        return milestones[position] if position < len(milestones) else math.nan
    values = {
        "batch_size": recipe["batch_size"],
        "epochs": recipe["epochs"],
        "iterations": recipe["epochs"] * recipe.get("epoch_steps", math.nan),
        "learning_rate": recipe["optimiser"]["lr"],
        "weight_decay": recipe["optimiser"].get("weight_decay", 0),
        "decay": round(1 / schedule["gamma"], 6) if "gamma" in schedule else math.nan,
        "loss_weight": params.get("weight", math.nan),
    }
    return values.get(metric, math.nan)
