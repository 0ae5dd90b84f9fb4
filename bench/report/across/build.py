"""A table's cells to what they say together: no files, no side effects."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from bench.plan import Paper, Table
from bench.plan.metrics import METRICS
from bench.report import formatting
from bench.report.across.view import AcrossRow, AcrossView
from bench.report.cells import Gathered
from bench.report.formatting import number
from bench.report.reported import Key
from bench.report.sentences import beyond_sentence
from bench.stats import MeanRanks, Measured, OverCells, Sample, friedman_nemenyi, holm, over_cells, performance_profile

FEWEST = 2  # columns; one column says all in its cell


def across_view(paper: Paper, table: Table, cells: Mapping[Key, Gathered], stand_in: bool) -> AcrossView | None:
    """What the columns of a table's first score say together; ``None`` where fewer than two have a method and a baseline."""
    columns = _columns(table, cells)
    metric = next(iter(columns))[2] if columns else ""
    higher = metric == "" or METRICS[metric].higher_is_better
    of_method = {
        variant: {column: found[variant] for column, found in columns.items() if variant in found}
        for variant in dict.fromkeys(name for found in columns.values() for name in found)
    }
    methods = [name for name, found in of_method.items() if name != table.baseline and len(found) >= FEWEST]
    if not methods:
        return None
    base = of_method[table.baseline]
    over = {name: over_cells(_measured(of_method[name]), _measured(base), higher) for name in methods}
    adjusted = dict(zip(methods, holm([over[name].pooled.p for name in methods]), strict=True))
    rows = tuple(across_row(name, paper.label(name), over[name], adjusted[name]) for name in methods)
    thresholds, profile = _profile(paper, methods, of_method, base, higher)
    names = [table.baseline, *methods]
    ranks = friedman_nemenyi([[_mean(of_method[name].get(column, ())) for column in columns] for name in names], higher)
    drawn = math.isfinite(ranks.critical_difference)
    return AcrossView(
        rows=rows,
        baseline=paper.label(table.baseline),
        thresholds=thresholds,
        profile=profile,
        ranks={paper.label(name): rank for name, rank in zip(names, ranks.ranks, strict=True)} if drawn else {},
        alike=ranks.pairwise if drawn else (),
        critical_difference=ranks.critical_difference,
        ranked=ranks.cells,
        skipped=ranks.skipped,
        ranks_words=_ranks_words(ranks, len(names)),
        stand_in=stand_in,
    )


def across_row(variant: str, label: str, over: OverCells, p_adjusted: float, tally: str = "") -> AcrossRow:
    """A method against another over the columns that both have; ``tally`` says how often it was better in one."""
    pooled = over.pooled
    return AcrossRow(
        variant=variant,
        label=label,
        columns=over.cells,
        gain=number(pooled.estimate, formatting.signed),
        low=number(pooled.low, formatting.signed),
        high=number(pooled.high, formatting.signed),
        interval=formatting.interval(pooled.low, pooled.high),
        p=number(pooled.p, formatting.probability),
        p_adjusted=number(p_adjusted, formatting.probability),
        superiority=number(over.improvement.probability, formatting.ratio),
        beyond=beyond_sentence(over.paired),
        tally=tally,
    )


def _measured(cells: Mapping[tuple[str, str, str], Sequence[float]]) -> dict[tuple[str, str, str], Measured]:
    return {column: Measured.of(values) for column, values in cells.items()}


def _columns(table: Table, cells: Mapping[Key, Gathered]) -> dict[tuple[str, str, str], dict[str, tuple[float, ...]]]:
    """Dataset, backbone and metric to the runs of each method there; the first score's columns that have a baseline.

    Columns of a second metric are of the same runs, and would count them twice.
    """
    scores = [key for key in cells if METRICS[key.metric].kind == "score"]
    found: dict[tuple[str, str, str], dict[str, tuple[float, ...]]] = {}
    for key in scores:
        if key.metric == scores[0].metric and cells[key].state == "measured":
            found.setdefault((key.dataset, key.backbone, key.metric), {})[key.variant] = cells[key].values
    return {column: of_method for column, of_method in found.items() if table.baseline in of_method}


def _profile(
    paper: Paper,
    methods: Sequence[str],
    of_method: Mapping[str, Mapping[tuple[str, str, str], Sequence[float]]],
    base: Mapping[tuple[str, str, str], Sequence[float]],
    higher: bool,
) -> tuple[tuple[float, ...], dict[str, tuple[float, ...]]]:
    """Every run's gain over the mean of its column's baseline: one scale for all columns."""
    sign = 1 if higher else -1
    gains = {
        paper.label(name): [
            [sign * (value - _mean(base[column])) for value in values] for column, values in of_method[name].items()
        ]
        for name in methods
    }
    every = sorted({value for columns in gains.values() for runs in columns for value in runs})
    room = max(every[-1] - every[0], 1.0) * 0.05
    thresholds = (every[0] - room, *every, every[-1] + room)
    return thresholds, dict(performance_profile(gains, thresholds))


def _mean(values: Sequence[float]) -> float:
    return Sample.of(values).mean if values else math.nan


def _ranks_words(ranks: MeanRanks, methods: int) -> str:
    if not math.isfinite(ranks.critical_difference):
        return "Mean ranks need three methods and two columns in which all have a number."
    skipped = f"; {formatting.counted(ranks.skipped, 'column')} left out, where a method has none" if ranks.skipped else ""
    return (
        f"Mean ranks of {methods} methods over {formatting.counted(ranks.cells, 'column')}{skipped}: Friedman p "
        f"{formatting.probability(ranks.p)}; bars join methods that Nemenyi's critical difference of "
        f"{ranks.critical_difference:.2f} ranks does not tell apart. Descriptive: the columns of a table are no random sample."
    )
