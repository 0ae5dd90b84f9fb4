"""What a cell's networks predict, as its details show it: a number per class, and test pictures with truth and prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.plan.metrics import METRICS, headline
from bench.records.predictions import Picture, Predicted, Predictions
from bench.records.result import Result
from bench.report.formatting import mean_and_sd
from bench.stats.words import counted

BACKGROUND = "background"  # a mask's class of what is nothing; boxes have none


@dataclass(frozen=True)
class PredictedView:
    """Per class, and per picture.

    Attributes
    ----------
    heads
        Of the columns of numbers.
    rows
        Class, its colour, its numbers: mean and sd over the runs.
    examples
        Pictures by name, and what the first run draws over each.
    """

    note: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[str, ...]], ...]
    examples: tuple[tuple[str, Any], ...]
    pictures: Mapping[str, Picture]


def predicted_view(results: Sequence[Result], predictions: Predictions) -> PredictedView | None:
    """What is known of a cell's results; ``None`` where nothing is that holds."""
    found = predictions.of(results)
    if not found:
        return None
    result = next(each for each in results if each.run.id == found[0].run)
    classes: list[str] = result.facts["data"]["classes"]
    heads = tuple(found[0].per_class)
    first = 0 if classes[0] == BACKGROUND else 1  # colour 0 is that of the ground
    colours = predictions.colours[first:]
    rows = tuple((name, colours[place], _numbers(found, heads, place)) for place, name in enumerate(classes))
    return PredictedView(_note(found, result), heads, rows, tuple(found[0].drawings.items()), predictions.pictures)


def _numbers(found: Sequence[Predicted], heads: Sequence[str], place: int) -> tuple[str, ...]:
    columns = ([each.per_class[head][place] for each in found] for head in heads)
    return tuple(mean_and_sd([value for value in column if value is not None]) for column in columns)


def _note(found: Sequence[Predicted], result: Result) -> str:
    name, seeds = headline(result.task), ", ".join(each.run.rpartition("seed")[2] for each in found)
    several = "s" if len(found) > 1 else ""
    again, recorded = mean_and_sd([each.again[name] for each in found]), mean_and_sd([each.score for each in found])
    return (
        f"From the kept weights of {counted(len(found), 'run')} (seed{several} {seeds}), scored again: "
        f"{METRICS[name].label} {again}, in the record{several} {recorded}."
    )
