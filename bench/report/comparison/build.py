"""Compared tables and results to a ``ComparisonView``: no files, no side effects."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.plan import BenchError, Cell, Plan, one_of
from bench.plan.comparison import Column, beside, is_trained
from bench.plan.metrics import METRICS
from bench.records.comparison import ComparedTable, incomparable, notes_on
from bench.records.numbers import Numbers, Place, numbers_at
from bench.records.result import Result
from bench.report import formatting
from bench.report.across.build import across_row
from bench.report.cell import gain_view
from bench.report.cells import Gathered, gather, stand_in
from bench.report.comparison import sentences
from bench.report.comparison.view import ArmCell, ArmRow, ComparisonView, Section
from bench.report.details import comparison_command
from bench.report.formatting import NO_NUMBER, Number, number
from bench.report.provenance import costs_of
from bench.report.reported import Key
from bench.report.table import item_label
from bench.report.view import GainView
from bench.stats import (
    Duel,
    Measured,
    NewcomerComparison,
    Sample,
    compare_newcomer,
    detectable_sentence,
    strongest,
)

TESTS = (
    "Welch's t, two-sided, Holm over every method and column of a table; 95 % intervals. Over all columns: the mean difference "
    "with Satterthwaite's degrees of freedom, Holm over the methods."
)


@dataclass(frozen=True)
class _Newcomer:
    """The new method: its id, its label, and what is known of it."""

    name: str
    label: str
    results: Sequence[Result]
    numbers: Mapping[Place, Numbers] | None


@dataclass(frozen=True)
class _Stage:
    """One contest with everything measured in it; columns are told apart by their place in the table."""

    plan: Plan
    contest: ComparedTable
    new: _Newcomer
    cells: Mapping[Key, Gathered]
    aside: Mapping[Cell, str]
    mine: Mapping[Column, Measured]
    arms: Mapping[str, Mapping[Column, Measured]]
    found: NewcomerComparison[str, Column]
    first: str | None


def comparison_view(
    plan: Plan,
    found: Sequence[ComparedTable],
    name: str,
    label: str,
    results: Sequence[Result] = (),
    numbers: Mapping[Place, Numbers] | None = None,
) -> ComparisonView:
    """Everything that a comparison shows.

    Parameters
    ----------
    found
        The compared tables, as ``bench.records.comparison`` finds them.
    name, label
        Of the new method.
    results
        Its results, where it was trained.
    numbers
        Its numbers, where it was not.

    Raises
    ------
    BenchError
        Results that do not belong together.
    """
    new = _Newcomer(name, label, results, numbers)
    _refuse_places(found, numbers or {})
    sections = tuple(_section(_stage(plan, contest, new)) for contest in found)
    trained = [result for result in results if result.status == "finished"]
    seconds = sum(float(result.facts.get("cost", {}).get("train_seconds") or 0.0) for result in trained)
    work = f"{formatting.counted(len(trained), 'training')}, {formatting.duration(seconds)} in all" if trained else ""
    facts = (
        ("New method", f"{label} ({plan.settings.new_method})"),
        ("Scale", f"{plan.scale.title}. {plan.scale.note}"),
        ("Trained here", work),
        ("Tests", TESTS),
    )
    return ComparisonView(
        name=name,
        label=label,
        scale=plan.scale.name,
        scale_note="" if plan.scale.comparable else plan.scale.note,
        sections=sections,
        facts=tuple((term, text) for term, text in facts if text),
        numbers_only=numbers is not None,
        command=comparison_command(plan, name),
    )


def _refuse_places(found: Sequence[ComparedTable], numbers: Mapping[Place, Numbers]) -> None:
    """A number that no table has a place for is a misspelt name, and must not be left out in silence."""
    places = {column.place for contest in found for column in contest.columns}
    for place in numbers:
        if place[:2] not in places:
            known = one_of(", ".join(place[:2]), {", ".join(each) for each in places})
            raise BenchError(f"new_method: no compared table has a place for {', '.join(place[:2])}; {known}")


def _stage(plan: Plan, contest: ComparedTable, new: _Newcomer) -> _Stage:
    higher = METRICS[contest.columns[0].baseline.metric].higher_is_better
    table = beside(contest.table, new.name, new.label, contest.columns)
    cells = gather(contest.paper, table, [*contest.stored, *new.results], plan.scale, plan.settings.seeds)
    aside = incomparable(plan, contest, new.name) if is_trained(plan.settings) else {}
    mine, arms = {}, {}  # type: ignore[var-annotated]
    for column in contest.columns:
        mine[column] = _own(cells, column, new)
        for entry in column.methods:
            cell = cells[Key.at(entry)]
            if plan.cell_at(contest.paper.name, entry) not in aside and cell.state != "missing":
                arms.setdefault(entry.variant, {})[column] = _measured(cell)
    return _Stage(
        plan=plan,
        contest=contest,
        new=new,
        cells=cells,
        aside=aside,
        mine=mine,
        arms=arms,
        found=compare_newcomer(mine, arms, higher),
        first=strongest(arms, contest.columns, higher),
    )


def _own(cells: Mapping[Key, Gathered], column: Column, new: _Newcomer) -> Measured:
    key = Key.at(column.baseline).of(new.name)
    if new.numbers is None:
        return _measured(cells[key])
    numbers = numbers_at(new.numbers, key.dataset, key.backbone, key.metric)
    if numbers is None:
        return Measured.of(())
    return Measured.of(numbers.values) if numbers.values else Measured(Sample(numbers.mean, numbers.sd, numbers.n))


def _measured(cell: Gathered) -> Measured:
    """A diverged cell has no mean: that of the survivors is biased."""
    if cell.state == "diverged":
        return Measured(Sample(math.nan, math.nan, len(cell.results)))
    return Measured.of(cell.values)


def _section(stage: _Stage) -> Section:
    contest = stage.contest
    headings = {column: contest.heading(column) for column in contest.columns}
    datasets = dict.fromkeys(column.baseline.dataset for column in contest.columns)
    invented = tuple(contest.paper.label(name) for name in datasets if stand_in(name, stage.cells, stage.plan.scale))
    higher = METRICS[contest.columns[0].baseline.metric].higher_is_better
    metrics = dict.fromkeys(METRICS[column.baseline.metric].label for column in contest.columns)
    words = _words(stage, headings, bool(invented))
    trained = stage.new.numbers is None
    return Section(
        target=contest.target,
        title=f"{contest.paper.short}, {item_label(contest.table.name)}: {contest.table.title}",
        measure=f"{' and '.join(metrics)} in percent, mean ± sd over seeds{'' if higher else '; lower is better'}",
        columns=tuple(headings.values()),
        rows=(*(_row(stage, variant) for variant in _variants(contest)), _new_row(stage)),
        headline=words[0],
        sentences=tuple(filter(None, words[1:])),
        notes=tuple(notes_on(stage.plan, contest, stage.new.results) if trained else ()),
        stand_ins=invented,
        higher_is_better=higher,
        family=stage.found.family,
        page=f"../{contest.paper.name}/{contest.table.name}-with-{stage.new.name}.html" if trained else "",
    )


def _words(stage: _Stage, headings: Mapping[Column, str], invented: bool) -> list[str]:
    """The headline first."""
    contest, found = stage.contest, stage.found
    if stage.first is None:
        return [f"{stage.new.label}: there is no stored method to compare with."]
    against = found.arms[stage.first]
    other = contest.paper.label(stage.first)
    places = {column.place for column in against.duels}
    unit = "backbone" if len({dataset for dataset, _ in places}) == 1 else "column"
    unit += "" if len(against.duels) == 1 else "s"
    open_ones = [
        (headings[column], duel.difference.estimate, found.seeds_to_settle(duel))
        for column, duel in against.duels.items()
        if duel.outcome == "no difference found"
    ]
    return [
        sentences.headline(stage.new.label, other, against.tally, unit, found.smallest_difference, invented),
        sentences.choice(other, formatting.counted(len(against.duels), "column")),
        detectable_sentence(found.smallest_difference, found.family, found.n, found.sd),
        sentences.unsettled_sentence(other, open_ones),
        sentences.left_out_sentence(contest.left_out),
        sentences.numbers_sentence(stage.plan.settings.new_method) if stage.new.numbers is not None else "",
    ]


def _variants(contest: ComparedTable) -> list[str]:
    return list(dict.fromkeys(entry.variant for column in contest.columns for entry in column.methods))


def _row(stage: _Stage, variant: str) -> ArmRow:
    paper = stage.contest.paper
    cells = tuple(_arm_cell(stage, column, variant) for column in stage.contest.columns)
    over = stage.found.arms.get(variant)
    return ArmRow(
        name=variant,
        label=paper.label(variant),
        cells=cells,
        cost=_cost(stage, variant),
        tally=sentences.tally_words(over.tally) if over else "",
        over=across_row(variant, paper.label(variant), over.over, over.pooled_p) if over else None,
        is_strongest=variant == stage.first,
    )


def _new_row(stage: _Stage) -> ArmRow:
    cells = []
    for column, measured in stage.mine.items():
        key = Key.at(column.baseline).of(stage.new.name)
        words = stage.cells[key].words if stage.new.numbers is None else "" if measured.sample.n else "no number given"
        cells.append(_cell(key, measured.sample, words))
    return ArmRow(stage.new.name, stage.new.label, tuple(cells), _cost(stage, stage.new.name), is_new=True)


def _arm_cell(stage: _Stage, column: Column, variant: str) -> ArmCell | None:
    entry = next((entry for entry in column.methods if entry.variant == variant), None)
    if entry is None:
        return None
    key, cell = Key.at(entry), stage.cells[Key.at(entry)]
    reason = stage.aside.get(stage.plan.cell_at(stage.contest.paper.name, entry))
    words = f"not compared, another recipe: {reason}" if reason else cell.words
    over = stage.found.arms.get(variant)
    duel = over.duels.get(column) if over and not reason else None
    return _cell(key, _measured(cell).sample, words, _duel(stage, duel) if duel else None)


def _duel(stage: _Stage, duel: Duel) -> GainView:
    seeds = stage.found.seeds_to_settle(duel)
    return gain_view(duel.difference, duel.p_adjusted, duel.permutation, duel.outcome, seeds)


def _cell(key: Key, sample: Sample, words: str, duel: GainView | None = None) -> ArmCell:
    return ArmCell(
        key=key,
        mean=number(sample.mean, formatting.percent),
        sd=number(sample.sd, formatting.percent),
        n=sample.n,
        n_text=formatting.runs(sample.n),
        words=words,
        duel=duel,
    )


def _cost(stage: _Stage, variant: str) -> tuple[Number, Number, Number]:
    """Means over the finished runs of a method in the compared columns."""
    places = {Key.at(column.baseline).of(variant) for column in stage.contest.columns}
    results = [result for key in places if key in stage.cells for result in stage.cells[key].results]
    costs = costs_of(results)
    sizes = [size for size in (result.metric("parameters_m") for result in results) if math.isfinite(size)]
    return (
        _shown(costs.get("relative_cost"), lambda value: f"{value:.2f} ×"),
        _shown(costs.get("train_seconds"), formatting.duration),
        _shown(math.fsum(sizes) / len(sizes) if sizes else None, formatting.percent),
    )


def _shown(value: float | None, show: Callable[[float], str]) -> Number:
    return NO_NUMBER if value is None else Number(value, show(value))
