"""What a table's CSV says of how each result came about, in a fixed column order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.records.result import Result

# What a result's row says of how it came about. Name to meaning; the order is that of the columns.
FACTS = {
    "source": "fresh: just trained here; stored: committed with the project",
    "data": "registry name of the data that was trained on",
    "stand_in": "True where that is generated stand-in data",
    "data_digest": "digest of the images and labels",
    "recipe_version": "version of the paper's recipes",
    "method": "registry name of the method",
    "epochs": "passes over the training set",
    "image_size": "side of the network's input in pixels",
    "batch_size": "fresh images per step",
    "width": "factor on the backbone's channels",
    "parameters": "trainable parameters of the student",
    "precision": "arithmetic of forward and backward passes",
    "cpu": "processor",
    "gpu": "accelerator, empty where none was used",
    "threads": "threads of the training process",
    "train_seconds": "duration of the training",
    "images_per_second": "throughput of the training",
    "peak_memory_mb": "peak memory in MiB, the accelerator's where one was used",
    "torch": "version of torch",
    "fingerprint_config": "hash of the resolved config and its teachers'",
    "fingerprint_code": "hash of the source files that the run used",
    "commit": "the project's commit",
    "dirty": "True where tracked files differed from that commit",
}


def facts_of(result: Result) -> dict[str, Any]:
    """The columns ``FACTS`` of one result; empty where its record does not say."""
    facts = result.facts
    config, data, git = _part(facts, "config"), _part(facts, "data"), _part(facts, "git")
    recipe, cost, hardware = _part(config, "recipe"), _part(facts, "cost"), _part(facts, "hardware")
    mark = facts.get("fingerprint", "")
    mark = mark if isinstance(mark, Mapping) else {"config": mark}
    row = {
        "source": result.source,
        "data": data.get("name"),
        "stand_in": data.get("stand_in"),
        "data_digest": data.get("digest"),
        "recipe_version": config.get("recipe_version"),
        "method": _part(config, "method").get("name"),
        **{key: recipe.get(key) for key in ("epochs", "image_size", "batch_size")},
        "width": _part(config, "backbone").get("width"),
        "parameters": cost.get("parameters"),
        "precision": facts.get("precision"),
        **{key: hardware.get(key) for key in ("cpu", "gpu", "threads")},
        **{key: cost.get(key) for key in ("train_seconds", "images_per_second", "peak_memory_mb")},
        "torch": _part(facts, "versions").get("torch"),
        "fingerprint_config": mark.get("config"),
        "fingerprint_code": mark.get("code"),
        "commit": git.get("commit"),
        "dirty": git.get("dirty"),
    }
    return {key: "" if row[key] is None else row[key] for key in FACTS}


def _part(mapping: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = mapping.get(key)
    return part if isinstance(part, Mapping) else {}
