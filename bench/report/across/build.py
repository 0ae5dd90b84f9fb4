"""A table's cells to what they say together: no files, no side effects."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from bench.plan import Paper, Table
from bench.report.across.view import AcrossRow, AcrossView
from bench.report.cells import GatheredTable
from bench.report.images import new_images_over
from bench.report.reported import Key, column_heading
from bench.report.verdicts import GainView
from bench.stats import (
    Difference,
    Measured,
    Together,
    across_sentence,
    left_out_sentence,
    mean_ranks,
    performance_profile,
    ranks_sentence,
    settings_sentence,
    together,
)

Column = tuple[str, str, str]  # dataset, backbone, metric
FEWEST = 2  # columns; one column says all in its cell
MOST = 12  # methods whose lines a picture can tell apart


def across_view(found: GatheredTable) -> AcrossView | None:
    """What the columns of a table's first score say together; ``None`` where fewer than two have a method and a baseline."""
    paper, table, higher = found.paper, found.table, found.higher_is_better
    columns = _columns(found)
    of_method: dict[str, dict[Column, Measured]] = {}
    for column, methods_there in columns.items():
        for variant, each in methods_there.items():
            of_method.setdefault(variant, {})[column] = each
    trained = {name: sum(bool(each.sample.n) for each in cells.values()) for name, cells in of_method.items()}
    untested = (table.baseline, *table.controls)
    methods = [name for name, count in trained.items() if name not in untested and count >= FEWEST]
    if not methods or not trained.get(table.baseline):
        return None
    base = of_method[table.baseline]
    # The baseline counts in a method's own columns alone.
    others = {name: {column: base[column] for column in of_method[name]} for name in methods}
    dataset_of = {column: column[0] for column in columns}
    over = together({name: of_method[name] for name in methods}, others, dataset_of, paper.own, higher, found.alpha)
    labelled = [(paper.label(name), over[name]) for name in methods]
    few = len(methods) <= MOST
    thresholds, profile = _profile(paper, over, of_method, base, higher) if few else ((), {})
    names = [table.baseline, *methods]
    means = [[_mean(of_method[name].get(column)) for column in columns] for name in names]
    ranks = mean_ranks(means, higher, pairs=few)
    drawn = math.isfinite(ranks.critical_difference)
    headings = {column: column_heading(paper, column) for column in columns}
    return AcrossView(
        rows=tuple(
            across_row(
                name,
                paper.label(name),
                over[name],
                headings.__getitem__,
                images=new_images_over(_pairs(over[name], name, table), found.cells, dataset_of),
            )
            for name in methods
        ),
        baseline=paper.label(table.baseline),
        thresholds=thresholds,
        profile=profile,
        ranks={paper.label(name): rank for name, rank in zip(names, ranks.ranks, strict=True)} if drawn else {},
        alike=ranks.pairwise if drawn else (),
        critical_difference=ranks.critical_difference,
        ranks_words=ranks_sentence(ranks),
        stand_in=bool(found.stand_ins),
        finding=across_sentence(labelled, paper.label(table.baseline)),
        left_out=left_out_sentence(labelled, headings.__getitem__),
    )


def across_row(
    variant: str,
    label: str,
    over: Together[Any],
    heading: Callable[[Any], str],
    tally: str = "",
    images: Difference | None = None,
) -> AcrossRow:
    """A method against another over the columns that can be tested.

    Parameters
    ----------
    tally
        How often it was better in one.
    images
        The same mean with its interval for new images.
    """
    return AcrossRow(
        variant=variant,
        label=label,
        columns=len(over.tested),
        gain=GainView.of(over.mean, images, over.p_adjusted, over.superiority, outcome=over.outcome, family=over.family),
        beyond=settings_sentence(over),
        tally=tally or (f"{len(over.tested)} of {over.columns}" if over.left_out else ""),
        left_out="; ".join(f"{heading(column)}: {reason}" for column, reason in over.left_out.items()),
    )


def _pairs(over: Together[Column], method: str, table: Table) -> dict[Column, tuple[Key, Key]]:
    """The cells of a method and of the baseline in each tested column."""
    keys = {column: Key(column[0], column[1], method, column[2]) for column in over.tested}
    return {column: (key, key.of(table.baseline)) for column, key in keys.items()}


def _columns(found: GatheredTable) -> dict[Column, dict[str, Measured]]:
    """Dataset, backbone and metric to the runs of each method there; the first score's columns with runs.

    Columns of a second metric are of the same runs, and would count them twice.
    """
    columns: dict[Column, dict[str, Measured]] = {}
    for key, cell in found.scores.items():
        if key.metric == next(iter(found.scores)).metric:
            columns.setdefault((key.dataset, key.backbone, key.metric), {})[key.variant] = cell.measured
    return {
        column: of_method
        for column, of_method in columns.items()
        if found.table.baseline in of_method and any(each.sample.n for each in of_method.values())
    }


def _profile(
    paper: Paper,
    over: Mapping[str, Together[Column]],
    of_method: Mapping[str, Mapping[Column, Measured]],
    base: Mapping[Column, Measured],
    higher: bool,
) -> tuple[tuple[float, ...], dict[str, tuple[float, ...]]]:
    """Every run's gain over the mean of its column's baseline, in the tested columns: one scale for all columns."""
    sign = 1 if higher else -1
    gains = {
        paper.label(name): [
            [sign * (value - base[column].sample.mean) for value in of_method[name][column].values] for column in each.tested
        ]
        for name, each in over.items()
        if each.tested
    }
    every = sorted({value for columns in gains.values() for runs in columns for value in runs})
    if not every:
        return (), {}
    room = max(every[-1] - every[0], 1.0) * 0.05
    thresholds = (every[0] - room, *every, every[-1] + room)
    return thresholds, dict(performance_profile(gains, thresholds))


def _mean(cell: Measured | None) -> float:
    return cell.sample.mean if cell and cell.sample.usable else math.nan
