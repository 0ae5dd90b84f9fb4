"""Values that a tuning chose, taken up by a paper's file: ``params: tuned`` of a variant, and the files under ``tuned``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.plan.errors import BenchError
from bench.plan.schema import load_yaml, validate
from bench.plan.source import in_suite
from bench.plan.tuning import in_params, in_recipe

TUNED = "tuned"


def load_tuned(paths: Sequence[str], folder: Path) -> list[Mapping[str, Any]]:
    """The files of chosen values, relative to the paper's own folder.

    Raises
    ------
    BenchError
        If one is missing or is no such file.
    """
    return [validate(load_yaml(folder / path), "tuned", in_suite(folder / path)) for path in paths]


def overrides_of(variant: str, chosen: Sequence[Mapping[str, Any]], where: str) -> tuple[tuple[Mapping[str, Any], ...], str]:
    """A variant's values by dataset and backbone, and by which tunings they were chosen, in words.

    Raises
    ------
    BenchError
        If no file has values of it.
    """
    found = [each for each in chosen if variant in each["methods"]]
    if not found:
        raise BenchError(f"{where}, variant {variant}: params are 'tuned', and no file under 'tuned' has values of it")
    overrides = tuple(
        {
            "when": {"dataset": [each["dataset"]], "backbone": [each["backbone"]]},
            "params": in_params(each["methods"][variant]["values"]),
            "recipe": in_recipe(each["methods"][variant]["values"]),
        }
        for each in found
    )
    return overrides, "; ".join(words_of(each, variant) for each in found)


def words_of(file: Mapping[str, Any], variant: str) -> str:
    """By which tuning a variant's values were chosen, and with how many trainings of which budget."""
    trainings = file["methods"][variant]["trainings"]
    made_up = ", on stand-in data" if file.get("stand_in") else ""
    return f"{file['tuning']}, {trainings} trainings of a budget of {file['budget']}, scale {file['scale']}{made_up}"
