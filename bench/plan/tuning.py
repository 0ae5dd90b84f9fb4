"""Tunings: ``config/tune/<name>.yaml`` to the trainings that try each method's hyper-parameters on validation images.

A tuning is a paper of its own to everything that trains (``tune-<name>``): the paper's recipe without its test set, and a
variant for every point. So its runs have records, fingerprints, teachers, checkpoints and slots as all others have.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from bench.plan.errors import BenchError, one_of
from bench.plan.files import listed
from bench.plan.schema import load_yaml, validate
from bench.plan.source import in_suite
from bench.plan.values import NAME, Paper, Variant

PREFIX = "tune-"  # of the papers that tunings are
RECIPE = "recipe."  # of the values that are keys of the recipe


@dataclass(frozen=True)
class TuningPoint:
    """A method with some values of its hyper-parameters; ``variant`` is the name of its runs."""

    variant: str
    values: Mapping[str, Any]

    @property
    def words(self) -> str:
        """``alpha 1.3, temperature 3``; a recipe's key by its last word."""
        return ", ".join(f"{name.rpartition('.')[2]} {_shown(value)}" for name, value in self.values.items())


@dataclass(frozen=True)
class Tuning:
    """What is tried, on what, and how many trainings each method may use for it.

    Attributes
    ----------
    paper
        Whose recipe, variants and teachers are taken.
    points
        By variant of the paper.
    """

    name: str
    title: str
    paper: str
    dataset: str
    backbone: str
    seeds: tuple[int, ...]
    validation: float
    budget: int
    points: Mapping[str, tuple[TuningPoint, ...]]

    @property
    def as_paper(self) -> str:
        """The name of the paper that its runs belong to."""
        return PREFIX + self.name


def tuning_names(folder: Path) -> list[str]:
    """The tunings of a folder."""
    if not folder.is_dir():
        raise BenchError(f"tune_dir '{folder}' is no folder")
    return [path.stem for path in listed(folder, ".yaml")]


def load_tuning(name: str, folder: Path) -> Tuning:
    """Read and check one tuning.

    Raises
    ------
    BenchError
        Unknown name or key, told in one line.
    """
    names = tuning_names(folder)
    if name not in names:
        raise BenchError(f"unknown tuning '{name}'; {one_of(name, names)}")
    file = folder / f"{name}.yaml"
    where, content = in_suite(file), load_yaml(file)
    validate(content, "tune", where)
    drawn = content.get("random")
    return Tuning(
        name=name,
        title=content["title"],
        paper=content["paper"],
        dataset=content["dataset"],
        backbone=content["backbone"],
        seeds=tuple(content["seeds"]),
        validation=content.get("validation", 0.1),
        budget=content["budget"],
        points={variant: _points(variant, grid, drawn, where) for variant, grid in content["methods"].items()},
    )


def paper_of(tuning: Tuning, base: Paper, table_seeds: tuple[int, ...]) -> Paper:
    """The paper that a tuning's runs belong to: the base's variants, and one for each point.

    Raises
    ------
    BenchError
        If it names what the paper lacks, or uses a seed of the tables.
    """
    where = f"tuning '{tuning.name}'"
    for word, known, what in (
        (tuning.dataset, base.recipes, "dataset"),
        *((variant, base.variants, "variant") for variant in tuning.points),
    ):
        if word not in known:
            raise BenchError(f"{where}: '{base.name}' has no {what} '{word}'; {one_of(word, known)}")
    shared = sorted(set(tuning.seeds) & set(table_seeds))
    if shared:
        raise BenchError(f"{where}: seed {shared[0]} is one of the tables' (seeds in the settings); take others")
    points = {
        point.variant: _variant(base.variants[variant], point, tuning)
        for variant, found in tuning.points.items()
        for point in found
    }
    held = {"validation": {"share": tuning.validation, "only": True}, "selection": "last"}
    return replace(
        base,
        name=tuning.as_paper,
        recipes={**base.recipes, tuning.dataset: {**base.recipes[tuning.dataset], **held}},
        variants={**base.variants, **points},
        tables={},
        figures={},
    )


def in_recipe(values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a point's values that are keys of the recipe, without that word."""
    return {name.removeprefix(RECIPE): value for name, value in values.items() if name.startswith(RECIPE)}


def in_params(values: Mapping[str, Any]) -> dict[str, Any]:
    """Those that are hyper-parameters of the method."""
    return {name: value for name, value in values.items() if not name.startswith(RECIPE)}


def _variant(base: Variant, point: TuningPoint, tuning: Tuning) -> Variant:
    params = {**base.params_at(tuning.dataset, tuning.backbone), **in_params(point.values)}
    recipe = {**base.recipe, **in_recipe(point.values)}
    return replace(base, name=point.variant, params=params, overrides=(), recipe=recipe)


def _points(variant: str, grid: Mapping[str, Any], drawn: int | None, where: str) -> tuple[TuningPoint, ...]:
    """Every combination of the grid's values, or so many of them, drawn without replacement from a fixed seed.

    A range instead of a list has no combinations, only draws.
    """
    draw, found = random.Random(f"{variant} {sorted(grid)}"), []
    ranges = {name: values for name, values in grid.items() if isinstance(values, Mapping)}
    for name, values in ranges.items():
        if drawn is None:
            raise BenchError(f"{where}, {variant}: {name} has a range, so 'random' must say how many points are drawn")
        if values["low"] >= values["high"] or (values.get("log") and values["low"] <= 0):
            raise BenchError(f"{where}, {variant}: {name} from {values['low']} to {values['high']} is no range")
    if ranges and drawn:
        found = [{name: _drawn(values, draw) for name, values in grid.items()} for _ in range(drawn)]
    else:
        found = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
        if drawn is not None and drawn < len(found):
            chosen = set(draw.sample(range(len(found)), drawn))
            found = [values for place, values in enumerate(found) if place in chosen]
    return tuple({point.variant: point for point in (TuningPoint(_name(variant, values), values) for values in found)}.values())


def _drawn(values: Any, draw: random.Random) -> Any:
    """One of a list, or a number between two, even or even in its logarithm; three digits, as a run's name has to hold it."""
    if not isinstance(values, Mapping):
        return draw.choice(values)
    low, high = values["low"], values["high"]
    drawn = math.exp(draw.uniform(math.log(low), math.log(high))) if values.get("log") else draw.uniform(low, high)
    return float(f"{drawn:.3g}")


def _name(variant: str, values: Mapping[str, Any]) -> str:
    """The name of a point's runs: ``drrnet+alpha1.3+temperature3``."""
    words = [f"{name.rpartition('.')[2]}{re.sub(r'[^A-Za-z0-9.-]', '_', _shown(value))}" for name, value in values.items()]
    name = "+".join([variant, *words])
    if not NAME.fullmatch(name):
        raise BenchError(f"tuning of {variant}: '{name}' cannot be part of a run's id; allowed: letters, digits, . _ + -")
    return name


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
