"""What the estimates are made of, read from the files beside this one: backbones' counts, devices' rates, datasets' sizes."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from bench.plan.catalogue import dataset_facts
from bench.plan.errors import BenchError, one_of
from bench.plan.schema import load_yaml

BACKBONE_COSTS = Path(__file__).with_name("backbone_costs.csv")
DATASET_SIZES = Path(__file__).with_name("dataset_sizes.csv")
STAND_IN = "resnet50"  # whose counts an uncounted backbone is given
DEVICES = Path(__file__).with_name("devices.yaml")


@dataclass(frozen=True)
class BackboneCost:
    """One image's share of a forward pass at ``size`` pixels, as ``benchmarks/backbone_costs.py`` counted it.

    ``options`` are those of a resolved config's backbone as JSON, where they make another network of it; else empty.
    """

    name: str
    options: str
    size: int
    convolution_flops: int
    linear_flops: int
    kept_numbers: int
    largest_output: int
    layers: int
    parameters: int
    parameters_per_class: int


@dataclass(frozen=True)
class Device:
    """What a reference device gets through, by name in ``devices.yaml``; ``measured`` says whether anything was timed on it."""

    name: str
    title: str
    measured: bool
    basis: str
    flops_per_second: float
    numbers_per_second: float
    parameters_per_second: float
    seconds_per_layer: float
    start_seconds: float
    host_memory_mb: float
    own_memory: bool
    fork_seconds: float | None = None  # a start where the workflow forks its trainings; ``None`` where it never does


@dataclass(frozen=True)
class DatasetSize:
    """Images and classes of a dataset, for estimates alone.

    ``assumed`` where they depend on the copy at hand, ``streams`` where pictures stay in their files.
    """

    train: int
    test: int
    classes: int
    assumed: bool = False
    streams: bool = False


UNKNOWN_SIZE = DatasetSize(10_000, 2_000, 10, assumed=True)


@cache
def backbone_costs() -> Mapping[str, BackboneCost]:
    """Every backbone as it is registered, by name."""
    return {name: cost for (name, options), cost in _all_costs().items() if not options}


@cache
def _all_costs() -> Mapping[tuple[str, str], BackboneCost]:
    found = {}
    for row in _rows(BACKBONE_COSTS):
        name, options = row.pop("name"), row.pop("options")
        found[name, options] = BackboneCost(name, options, **{key: int(value) for key, value in row.items()})
    return found


def options_text(options: Mapping[str, Any]) -> str:
    """A backbone's options as the counts name them."""
    return json.dumps(options, sort_keys=True, separators=(",", ":")) if options else ""


@cache
def devices() -> Mapping[str, Device]:
    return {name: Device(name=name, **facts) for name, facts in load_yaml(DEVICES).items()}


def forward_flops(backbone: Mapping[str, Any], size: int) -> float:
    """Operations of a forward pass per image of ``size`` pixels, of a resolved config's backbone."""
    counted = counted_or_stand_in(backbone)
    area = (size / counted.size) ** 2
    return float((counted.convolution_flops * area + counted.linear_flops) * backbone["width"] ** 2)


def counted_or_stand_in(backbone: Mapping[str, Any]) -> BackboneCost:
    """The counts of a resolved config's backbone, as its options make it where that was counted, else as it is registered.

    Those of a middling one where nobody has counted it at all, since no estimate is worth a training.
    """
    name, text = backbone["name"], options_text(backbone.get("options", {}))
    shaped = _all_costs().get((name, text)) if text else None
    return shaped or backbone_costs().get(name) or backbone_costs()[STAND_IN]


def device_named(name: str, gpus: int = 0) -> Device:
    """A device of ``devices.yaml``; ``auto`` is the assumed GPU where trainings ask for GPUs, the measured CPU elsewhere."""
    if name == "auto":
        name = "a100" if gpus else "cpu"
    if name not in devices():
        raise BenchError(f"reference device '{name}'; {one_of(name, devices())}")
    return devices()[name]


def dataset_size(name: str) -> DatasetSize:
    """A dataset's images: from ``dataset_sizes.csv``, a generated set's from its own facts."""
    facts = dataset_facts(name)
    known = _dataset_sizes().get(name)
    if known:
        return replace(known, streams=bool(facts.get("streams", False)))
    if "pictures" in facts:
        return DatasetSize(facts["pictures"]["train"], facts["pictures"]["test"], len(facts["classes"]))
    counts = facts.get("counts", {})
    if counts.get("train") and counts.get("test") and facts["classes"]:
        return DatasetSize(counts["train"], counts["test"], len(facts["classes"]), streams=bool(facts.get("streams", False)))
    train, test = (facts.get(f"{part}_per_class", facts.get("per_class")) for part in ("train", "test"))
    if train and test:
        classes = len(facts["classes"])
        return DatasetSize(train * classes, test * classes, classes)
    return UNKNOWN_SIZE


@cache
def _dataset_sizes() -> Mapping[str, DatasetSize]:
    return {
        row["name"]: DatasetSize(int(row["train"]), int(row["test"]), int(row["classes"]), row["assumed"] == "yes")
        for row in _rows(DATASET_SIZES)
    }


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
