"""Compute of a training in floating-point operations, and epochs that make it the baseline's.

A step's operations are counted (``step_costs.csv``, written by ``benchmarks/step_costs.py``: forward and backward pass of
student, auxiliary modules and teachers). Where a method has no line there, as a user's own, its declared passes stand in.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from bench.plan.catalogue import dataset_facts, method_facts, method_files
from bench.plan.costs import forward_flops
from bench.plan.errors import BenchError
from bench.plan.values import EqualCompute, Paper, Table, Teacher, Variant

STEP_COSTS = Path(__file__).with_name("step_costs.csv")
COLUMNS = ("method", "params", "backbone", "size", "classes", "teachers", "step_flops")
WHOLE = 0.01  # off by less than this share, a number of epochs is rounded to a whole one
EQUAL = "equal compute"
SUFFIX = "-equal-compute"
Config = Mapping[str, Any]


def derived(names: Iterable[str], variants: Mapping[str, Variant], baseline: str) -> dict[str, Variant]:
    """The variants at the baseline's compute of ``names``, each with teachers of its own that are trained for as long.

    Raises
    ------
    BenchError
        If a teacher is of another dataset, or stands beside several students' backbones.
    """
    found: dict[str, Variant] = {}
    for name in dict.fromkeys(names):
        _derive(variants[name], name + SUFFIX, EqualCompute(name, baseline), variants, found)
    return found


def is_plain(variant: Variant, methods: Mapping[str, Path]) -> bool:
    """Whether a variant's training is one training with the steps of a baseline, and so at equal compute as it is."""
    passes = {"forward": 1, "backward": 1, "teacher": 0, **method_facts(methods[variant.method]).get("passes", {})}
    return not variant.teachers and not variant.recipe and passes == {"forward": 1, "backward": 1, "teacher": 0}


def row_of(table: Table, paper: Paper, name: str) -> str:
    """The variant that stands for ``name`` in a table: one of its own where methods are at equal compute."""
    return name + SUFFIX if table.compute == EQUAL and name + SUFFIX in paper.variants else name


def at_equal_compute(table: Table, names: Iterable[str]) -> Table:
    """The table with the variants that :func:`derived` makes in the rows of ``names``."""
    names = set(names)

    def moved(variant: str) -> str:
        return variant + SUFFIX if variant in names else variant

    blocks = tuple(
        replace(
            block,
            entries=tuple(
                tuple(entry and (replace(entry, variant=moved(entry.variant)) if entry.trained else entry) for entry in row)
                for row in block.entries
            ),
        )
        for block in table.blocks
    )
    return replace(table, blocks=blocks)


def scaled(epochs: float) -> dict[str, Any]:
    """The recipe's keys for so many epochs: a whole number where that is near enough, else a last one that ends early."""
    if abs(round(epochs) - epochs) <= WHOLE * epochs:
        return {"epochs": round(epochs)}
    return {"epochs": math.ceil(epochs), "last_epoch_share": round(1 - (math.ceil(epochs) - epochs), 4)}


def passes_over(recipe: Config) -> float:
    """How often a recipe passes over the training set."""
    return float(recipe["epochs"] - 1 + recipe.get("last_epoch_share", 1.0))


def step_flops(config: Config, teachers: Mapping[str, Config], plugins: Iterable[str] = ()) -> float:
    """Operations of a step per fresh image, forward and backward.

    Parameters
    ----------
    config
        Resolved, of the run.
    teachers
        Resolved, by role.
    plugins
        Files of methods of one's own.
    """
    known = _counted_at(config, teachers, plugins)
    if known is not None:
        return known
    facts = method_facts(method_files(tuple(plugins))[config["method"]["name"]])
    if not facts.get("trains", True):
        return 0.0
    plain = _counted_at({**config, "method": {"name": "baseline", "params": {}}}, {}, ())
    forward = plain / 3 if plain else forward_flops(config["backbone"], config["recipe"]["image_size"])
    passes = {"forward": 1.0, "backward": 1.0, "teacher": 0.0, **facts.get("passes", {})}
    return forward * float(passes["forward"] + 2 * passes["backward"] + passes["teacher"])


def is_counted(config: Config, teachers: Mapping[str, Config], plugins: Iterable[str] = ()) -> bool:
    """Whether a step's operations were counted, and are no estimate."""
    return _counted_at(config, teachers, plugins) is not None


def own_counts(plugin: str | Path) -> Path:
    """Where the counted steps of a method of one's own lie: ``my_method.steps.csv`` beside ``my_method.py``."""
    return Path(plugin).with_suffix(".steps.csv")


def step_key(config: Config, teachers: Mapping[str, Config]) -> tuple[str, ...]:
    """What a step's operations depend on, as the columns of ``step_costs.csv`` have it."""
    return (
        config["method"]["name"],
        _text(config["method"]["params"]),
        _text(config["backbone"]),
        str(config["recipe"]["image_size"]),
        str(len(dataset_facts(config["data"]["name"])["classes"])),
        _text({role: each["backbone"] for role, each in teachers.items()}),
    )


def _derive(
    variant: Variant, name: str, equal: EqualCompute, variants: Mapping[str, Variant], found: dict[str, Variant]
) -> None:
    """Add a variant under its new name, and its teachers, to ``found``."""
    teachers = {}
    for role, teacher in variant.teachers.items():
        if teacher.dataset is not None:
            raise BenchError(f"variant {variant.name}: its teacher is of another dataset, their compute cannot be made equal")
        teachers[role] = replace(teacher, variant=f"{name}-{role}")
        theirs = replace(equal, students=_inverted(teacher, equal, variant.name))
        _derive(variants[teacher.variant], f"{name}-{role}", theirs, variants, found)
    found[name] = replace(variant, name=name, teachers=teachers, equal_compute=equal)


def _inverted(teacher: Teacher, equal: EqualCompute, name: str) -> Mapping[str, str]:
    """The first student's backbone by its teacher's; a teacher of the same backbone is in no mapping."""
    if teacher.backbone is None:
        return equal.students
    if not isinstance(teacher.backbone, Mapping) or len(set(teacher.backbone.values())) < len(teacher.backbone):
        raise BenchError(f"variant {name}: one teacher stands beside several students, so their compute cannot be made equal")
    return {theirs: equal.students.get(own, own) for own, theirs in teacher.backbone.items()}


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _counted_at(config: Config, teachers: Mapping[str, Config], plugins: Iterable[str]) -> float | None:
    key = step_key(config, teachers)
    files = (STEP_COSTS, *filter(Path.is_file, map(own_counts, plugins)))
    return next((counts[key] for counts in (_counts(file, file.stat().st_mtime_ns) for file in files) if key in counts), None)


@cache
def _counts(path: Path, stamp: int) -> Mapping[tuple[str, ...], float]:
    """The lines of a file; ``stamp`` is its time, so that a file that changes is read anew."""
    with path.open(encoding="utf-8", newline="") as file:
        return {tuple(row[column] for column in COLUMNS[:-1]): float(row[COLUMNS[-1]]) for row in csv.DictReader(file)}
