"""Results gathered into the cells of a table, checked for what must never be mixed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from bench.plan import BenchError, Cell, Entry, Paper, Scale, Table
from bench.plan.catalogue import dataset_facts
from bench.plan.metrics import METRICS
from bench.records.predictions import NO_PREDICTIONS, Predictions
from bench.records.result import Result
from bench.report.provenance import looks_of
from bench.report.reading import slim
from bench.report.reported import Key, ReportedNumber
from bench.stats import Measured, Sample
from bench.stats.words import counted

State = Literal["measured", "missing", "diverged"]
OF_IMAGES = ("accuracy", "top5_accuracy")  # percentages of images


@dataclass(frozen=True)
class Gathered:
    """The results of one cell, a result per seed; ``values`` are those of the finished ones.

    A cell in which a run diverged is ``diverged`` as a whole: the mean of the survivors is biased, so it is never tested.
    ``given`` are the numbers of a cell that nothing was trained for, ``beside`` the results in another precision.
    ``resolution`` is what one test image changes, in percent, where the metric counts them; 0 elsewhere.
    """

    state: State
    words: str = ""
    results: tuple[Result, ...] = ()
    values: tuple[float, ...] = ()
    given: Measured | None = None
    beside: tuple[Result, ...] = ()
    resolution: float = 0.0

    @cached_property
    def shown(self) -> Sample:
        """What stands in the cell: of a diverged one the mean of the survivors, which is named as such."""
        return self.given.sample if self.given else Sample.of(self.values, self.resolution)

    @cached_property
    def measured(self) -> Measured:
        """What tests may use: nothing of a cell without a result, no mean of a diverged one."""
        if self.state == "diverged":
            return Measured(Sample(math.nan, math.nan, len(self.results)))
        return self.given or Measured(Sample.of(self.values, self.resolution), self.values)

    def at_best_epoch(self, metric: str) -> Gathered:
        """The cell as its best epochs are; nothing where these are not recorded."""
        values = tuple(result.at_best_epoch(metric) for result in self.results if result.status == "finished")
        known = bool(values) and all(map(math.isfinite, values))
        return replace(self, values=values) if known else Gathered("missing", "no best epoch is recorded")


@dataclass(frozen=True)
class GatheredTable:
    """A table and what was found of its cells: what everything that is said of it is read from.

    ``seeds`` are those of a complete cell, ``reported`` the printed numbers; every test is made at ``alpha``, which is 0.05 by
    the ``looks`` that are taken at results as seeds are added: ``asked_looks``, or the most that any result was trained for.
    """

    paper: Paper
    table: Table
    cells: Mapping[Key, Gathered]
    scale: Scale
    seeds: Sequence[int]
    reported: Mapping[Key, ReportedNumber] = field(default_factory=dict)
    asked_looks: int = 1
    predictions: Predictions = NO_PREDICTIONS

    @cached_property
    def looks(self) -> int:
        return looks_of(self.results, self.asked_looks)

    @property
    def alpha(self) -> float:
        return 0.05 / self.looks

    @cached_property
    def higher_is_better(self) -> bool:
        return direction(self.table)

    @cached_property
    def scores(self) -> dict[Key, Gathered]:
        """The cells whose numbers are tested."""
        return {key: cell for key, cell in self.cells.items() if METRICS[key.metric].is_score}

    @cached_property
    def baseline_of(self) -> dict[Key, Key]:
        return baselines(self.scores, self.table)

    @cached_property
    def datasets(self) -> tuple[str, ...]:
        """Those that its methods are trained on."""
        return tuple(dict.fromkeys(key.dataset for key in self.cells))

    @cached_property
    def stand_ins(self) -> frozenset[str]:
        """The datasets whose numbers are (or, before anything is trained, will be) from generated stand-in data."""
        return frozenset(name for name in self.datasets if drawn_from_stand_in(name, self.results_of(name), self.scale))

    @cached_property
    def results(self) -> list[Result]:
        """Those of all cells, each once."""
        return list({result.run: result for cell in self.cells.values() for result in cell.results}.values())

    def results_of(self, dataset: str) -> Iterator[Result]:
        """Those of a dataset's cells, one after the other."""
        return (result for key, cell in self.cells.items() if key.dataset == dataset for result in cell.results)

    def obstacle(self, dataset: str) -> str:
        """Why numbers of a dataset are no reproduction; empty where nothing stands in the way."""
        if dataset in self.stand_ins:
            return "stand-in data"
        if dataset in self.scale.data:
            return "other data"
        return "" if self.scale.comparable else f"reduced schedule (scale {self.scale.title})"


def gather(paper: Paper, table: Table, results: Iterable[Result], scale: Scale, seeds: Sequence[int]) -> dict[Key, Gathered]:
    """The cells of a table by their keys, in reading order.

    Results of other scales, papers and cells are left aside; results of further seeds count.

    Raises
    ------
    BenchError
        Two results for one run, or one dataset's results from different data or versions of the recipe.
    """
    entries = [(entry, Cell(scale.name, paper.name, *_coordinates(entry))) for entry in table.entries() if entry.trained]
    by_cell: dict[Cell, dict[int, Result]] = {cell: {} for _, cell in entries}
    beside: dict[Cell, list[Result]] = {}
    wanted = (result for result in results if result.run.cell in by_cell)
    for result in slim(wanted, {entry.metric for entry, _ in entries}):
        if result.source == "beside":
            beside.setdefault(result.run.cell, []).append(result)
            continue
        runs = by_cell[result.run.cell]
        if result.run.seed in runs:
            raise BenchError(f"two results for run '{result.run.id}'; one of them must be chosen")
        runs[result.run.seed] = result
    cells: dict[Key, Gathered] = {}
    for entry, cell in entries:
        runs = by_cell[cell]
        complete = tuple(runs.get(seed) or Result(cell.run(seed), "missing") for seed in sorted({*seeds, *runs}))
        digests = {result.facts["data"].get("digest") for result in complete if result.facts}
        same = tuple(each for each in beside.get(cell, ()) if each.facts["data"].get("digest") in digests)
        cells[Key.at(entry)] = replace(_gathered(complete, entry.metric), beside=same)
    _refuse_mixtures(cells)
    return cells


def _coordinates(entry: Entry) -> tuple[str, str, str]:
    return entry.dataset, entry.backbone, entry.variant


def _gathered(results: tuple[Result, ...], metric: str) -> Gathered:
    stale = sum(result.stale for result in results)
    note = f"{stale} of {counted(len(results), 'run')} stale: code changed since" if stale else ""
    state, words, values = _state_of(results, metric)
    return Gathered(state, "; ".join(filter(None, (words, note))), results, values, resolution=_resolution(results, metric))


def _resolution(results: Iterable[Result], metric: str) -> float:
    """100 / N where each of the N test images is right or wrong; other scores have no such step, or a finer one."""
    facts = METRICS[metric]
    if (facts.complement_of or facts.best_of or metric) not in OF_IMAGES:
        return 0.0
    images = max((int(result.facts.get("data", {}).get("test", 0)) for result in results), default=0)
    return 100.0 / images if images else 0.0


def _state_of(results: tuple[Result, ...], metric: str) -> tuple[State, str, tuple[float, ...]]:
    values = tuple(value for value in (result.metric(metric) for result in results) if math.isfinite(value))
    total = len(results)
    diverged = sum(result.status == "diverged" for result in results)
    failed = sum(result.status == "failed" for result in results)
    if diverged:
        return "diverged", f"{diverged} of {counted(total, 'run')} diverged", values
    if not values:
        if failed:
            return "missing", f"{failed} of {counted(total, 'run')} failed", values
        trained = any(result.status == "finished" for result in results)
        return "missing", "not defined on these data" if trained else "no result yet", values
    absent = total - len(values)
    words = f"{absent} of {counted(total, 'run')} {'failed' if failed == absent else 'missing'}" if absent else ""
    return "measured", words, values


def _refuse_mixtures(cells: Mapping[Key, Gathered]) -> None:
    """Numbers of one dataset stand side by side only if data and recipe are the same.

    The digest covers pixels at the size that a network reads, so it must agree in a column and among columns of one size.
    """
    seen: dict[tuple[str, ...], tuple[object, str]] = {}
    for key, cell in cells.items():
        for result in cell.results:
            for scope, name, value in _must_agree(result):
                before, run = seen.setdefault((key.dataset, *scope, name), (value, result.run.id))
                if before != value:
                    raise BenchError(f"'{key.dataset}' is mixed: {name} is {before} in {run} and {value} in {result.run.id}")


def _must_agree(result: Result) -> list[tuple[tuple[str, ...], str, object]]:
    """Scope within the dataset, name and value of each fact that may not differ."""
    found = result.provenance if result.status == "finished" else None
    if found is None:
        return []
    return [
        *((scope, "data digest", found.data.digest) for scope in result.data_scopes),
        ((), "stand-in data", found.data.stand_in),
        ((), "recipe version", found.recipe.version),
    ]


def drawn_from_stand_in(dataset: str, results: Iterable[Result], scale: Scale) -> bool:
    """Whether results of a dataset are from stand-in data; where there are none, what the scale puts in its place."""
    for result in results:
        if result.facts:
            return result.stand_in
    try:
        return bool(dataset_facts(scale.data.get(dataset, dataset)).get("stand_in", False))
    except BenchError:  # a dataset of a user's own paper file that is not registered here
        return False


def direction(table: Table) -> bool:
    """Whether a higher score is the better one throughout the table.

    Raises
    ------
    BenchError
        If it is for some scores and is not for others.
    """
    directions = {METRICS[entry.metric].higher_is_better for entry in table.entries() if METRICS[entry.metric].is_score}
    if len(directions) > 1:
        raise BenchError(f"{table.name}: mixes accuracies and error rates; one table needs one direction")
    return directions.pop() if directions else True


def baselines(keys: Iterable[Key], table: Table) -> dict[Key, Key]:
    """Every tested cell's baseline cell, where both are there."""
    known = set(keys)
    pairs = ((key, key.of(table.baseline)) for key in known if key.variant not in table.controls)
    return {key: baseline for key, baseline in sorted(pairs) if key != baseline and baseline in known}


def own_cells(paper: Paper, keys: Iterable[Key]) -> frozenset[Key]:
    """The cells of the methods that the paper proposes."""
    return frozenset(key for key in keys if key.variant in paper.own)
