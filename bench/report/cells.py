"""Results gathered into the cells of a table, checked for what must never be mixed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bench.plan import BenchError, Cell, Paper, Scale, Table
from bench.plan.catalogue import dataset_facts
from bench.records.result import Result
from bench.report.formatting import counted
from bench.report.reported import Key

State = Literal["measured", "missing", "diverged"]


@dataclass(frozen=True)
class Gathered:
    """The results of one cell, a result per seed; ``values`` are those of the finished ones.

    A cell in which a run diverged is ``diverged`` as a whole: the mean of the survivors is biased, so it is never tested.
    """

    state: State
    words: str
    results: tuple[Result, ...]
    values: tuple[float, ...]


def gather(paper: Paper, table: Table, results: Iterable[Result], scale: Scale, seeds: Sequence[int]) -> dict[Key, Gathered]:
    """The cells of a table by their keys, in reading order.

    Results of other scales, papers and cells are left aside; results of further seeds count.

    Raises
    ------
    BenchError
        Two results for one run, or one dataset's results from different data or versions of the recipe.
    """
    by_cell: dict[Cell, dict[int, Result]] = {}
    for result in results:
        runs = by_cell.setdefault(result.run.cell, {})
        if result.run.seed in runs:
            raise BenchError(f"two results for run '{result.run.id}'; one of them must be chosen")
        runs[result.run.seed] = result
    cells: dict[Key, Gathered] = {}
    for entry in table.entries():
        if entry.trained:
            cell = Cell(scale.name, paper.name, entry.dataset, entry.backbone, entry.variant)
            runs = by_cell.get(cell, {})
            expected = sorted({*seeds, *runs})
            complete = tuple(runs.get(seed) or Result(cell.run(seed), "missing") for seed in expected)
            cells[Key.at(entry)] = _gathered(complete, entry.metric)
    _refuse_mixtures(cells)
    return cells


def _gathered(results: tuple[Result, ...], metric: str) -> Gathered:
    stale = sum(result.stale for result in results)
    note = f"{stale} of {counted(len(results), 'run')} stale: code changed since" if stale else ""
    state, words, values = _state_of(results, metric)
    return Gathered(state, "; ".join(filter(None, (words, note))), results, values)


def _state_of(results: tuple[Result, ...], metric: str) -> tuple[State, str, tuple[float, ...]]:
    values = tuple(value for value in (result.metric(metric) for result in results) if math.isfinite(value))
    total = len(results)
    diverged = sum(result.status == "diverged" for result in results)
    failed = sum(result.status == "failed" for result in results)
    if diverged:
        return "diverged", f"{diverged} of {counted(total, 'run')} diverged", values
    if not values:
        words = f"{failed} of {counted(total, 'run')} failed" if failed else "no result yet"
        return "missing", words, values
    absent = total - len(values)
    words = f"{absent} of {counted(total, 'run')} {'failed' if failed == absent else 'missing'}" if absent else ""
    return "measured", words, values


def _refuse_mixtures(cells: Mapping[Key, Gathered]) -> None:
    """Numbers of one dataset stand side by side only if data and recipe are the same.

    The digest covers pixels at the size that a network reads, so it must agree in a column and among columns of one size.
    """
    seen: dict[tuple[str, ...], tuple[Any, str]] = {}
    for key, cell in cells.items():
        for result in cell.results:
            for scope, name, value in _must_agree(result):
                before, run = seen.setdefault((key.dataset, *scope, name), (value, result.run.id))
                if before != value:
                    raise BenchError(f"'{key.dataset}' is mixed: {name} is {before} in {run} and {value} in {result.run.id}")


def _must_agree(result: Result) -> list[tuple[tuple[str, ...], str, Any]]:
    """Scope within the dataset, name and value of each fact that may not differ."""
    if result.status != "finished":
        return []
    digest = result.facts.get("data", {}).get("digest")
    return [
        *((scope, "data digest", digest) for scope in result.data_scopes),
        ((), "stand-in data", result.stand_in),
        ((), "recipe version", result.facts.get("config", {}).get("recipe_version")),
    ]


def stand_in(dataset: str, cells: Mapping[Key, Gathered], scale: Scale) -> bool:
    """Whether a dataset's numbers in a table are (or, before anything is trained, will be) from generated stand-in data."""
    results = (result for key, cell in cells.items() if key.dataset == dataset for result in cell.results)
    return drawn_from_stand_in(dataset, results, scale)


def drawn_from_stand_in(dataset: str, results: Iterable[Result], scale: Scale) -> bool:
    """Whether results of a dataset are from stand-in data; where there are none, what the scale puts in its place."""
    for result in results:
        if result.facts:
            return result.stand_in
    try:
        return bool(dataset_facts(scale.data.get(dataset, dataset)).get("stand_in", False))
    except BenchError:  # a dataset of a user's own paper file that is not registered here
        return False


def obstacle(dataset: str, cells: Mapping[Key, Gathered], scale: Scale) -> str:
    """Why numbers of a dataset are no reproduction; empty where nothing stands in the way."""
    if stand_in(dataset, cells, scale):
        return "stand-in data"
    if dataset in scale.data:
        return "other data"
    return "" if scale.comparable else f"reduced schedule (scale {scale.title})"
