"""The tables of a new method's page: a paper's tables with its row, and its difference to every other method in their cells."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bench.plan import BenchError, Cell, Plan, one_of
from bench.plan.comparison import Column, beside, is_trained
from bench.plan.metrics import counterpart
from bench.records.comparison import ComparedTable, incomparable, notes_on
from bench.records.numbers import Numbers, Place, numbers_at
from bench.records.result import Result
from bench.report import formatting, sentences
from bench.report.across.build import across_row
from bench.report.across.view import AcrossView
from bench.report.cells import Gathered, GatheredTable, gather
from bench.report.commands import comparison_command
from bench.report.formatting import NO_NUMBER, Number
from bench.report.images import new_images, new_images_over
from bench.report.provenance import costs_of
from bench.report.reference import Reference, gain_view
from bench.report.reported import Key
from bench.report.table import view_of
from bench.report.view import ComparisonView, CostView, TableView
from bench.stats import (
    INTERVALS,
    Counts,
    Measured,
    Pairwise,
    Sample,
    Together,
    best_overall,
    comparison_sentence,
    left_out_sentence,
    looks_sentence,
    pairwise,
    power_sentence,
    reach_of,
    together,
)
from bench.stats.words import counted


@dataclass(frozen=True)
class NewMethod:
    """A new method: its id, its label, and its results, or its numbers where it was not trained here.

    ``earlier`` counts the versions of it that were compared before.
    """

    name: str
    label: str
    results: Sequence[Result] = ()
    earlier: int = 0
    given: Mapping[Place, Numbers] = field(default_factory=dict)


@dataclass(frozen=True)
class _Tested:
    """One table's methods in its columns; a column is told apart by where it stands."""

    plan: Plan
    table: ComparedTable
    new: NewMethod
    found: GatheredTable
    aside: Mapping[Cell, str]
    methods: Mapping[str, Mapping[Column, Measured]]
    mine: Mapping[Column, Measured]
    pairs: Mapping[tuple[str, Column], Pairwise]  # each stored method's columns: one family
    over: Mapping[str, Together[Column]]
    first: tuple[str, ...]  # the best stored method; several where they tie exactly

    def counts(self, variant: str) -> Counts:
        """In how many columns the new method is better than another one, or worse."""
        return Counts.of(pair for (name, _), pair in self.pairs.items() if name == variant)

    @property
    def family(self) -> int:
        """How many differences are corrected together."""
        return Counts.of(self.pairs.values()).judged


def comparison_tables(plan: Plan, found: Sequence[ComparedTable], new: NewMethod) -> tuple[TableView, ...]:
    """A view per table.

    Raises
    ------
    BenchError
        Results that do not belong together, or numbers of cells that no table has.
    """
    _refuse_unknown(found, new.given)
    return tuple(_table(plan, table, new) for table in found)


def _table(plan: Plan, compared: ComparedTable, new: NewMethod) -> TableView:
    paper, seeds = compared.paper, plan.seeds_of(compared.paper.name)
    table = beside(compared.table, compared.row(new.name), new.label, compared.columns)
    cells = gather(paper, table, [*compared.stored, *new.results], plan.scale, seeds)
    if not is_trained(plan.settings):
        cells |= {key: _given(key, new) for key in cells if key.variant == compared.row(new.name)}
    found = GatheredTable(paper, table, cells, plan.scale, seeds, asked_looks=plan.settings.looks)
    view = view_of(found, _reference(_test(plan, compared, new, found)))
    return replace(view, command=comparison_command(plan, new.name))


def _given(key: Key, new: NewMethod) -> Gathered:
    numbers = numbers_at(new.given, key.dataset, key.backbone, key.metric)
    if numbers is None:
        return Gathered("missing", "no number given")
    if numbers.diverged:
        return Gathered("diverged", f"{numbers.diverged} of {counted(numbers.n, 'run')} diverged", values=numbers.values)
    if numbers.values:
        return Gathered("measured", values=numbers.values)
    return Gathered("measured", given=Measured(Sample(numbers.mean, numbers.sd, numbers.n)))


def _refuse_unknown(found: Sequence[ComparedTable], given: Mapping[Place, Numbers]) -> None:
    """A number of a cell or metric that no table has is a misspelt name, and must not be left out in silence."""
    shown: dict[tuple[str, ...], set[str]] = {}
    for column in (column for table in found for column in table.columns):
        shown.setdefault(column.place, set()).add(column.baseline.metric)
    for *place, metric in given:
        where = "/".join(place)
        if tuple(place) not in shown:
            allowed = one_of(where, {"/".join(each) for each in shown})
            raise BenchError(f"new_method: no compared table has a place for {where}; {allowed}")
        metrics = shown[tuple(place)]
        known = metrics | {counterpart(name) for name in metrics}
        if metric not in known:
            raise BenchError(f"new_method: no compared table shows {metric} of {where}; {one_of(metric, known - {''})}")


def _test(plan: Plan, table: ComparedTable, new: NewMethod, found: GatheredTable) -> _Tested:
    higher, alpha = found.higher_is_better, found.alpha
    aside = incomparable(plan, table, new.name) if is_trained(plan.settings) else {}
    mine: dict[Column, Measured] = {}
    methods: dict[str, dict[Column, Measured]] = {}
    for column in table.columns:
        mine[column] = found.cells[Key.at(column.baseline).of(table.row(new.name))].measured
        for entry in column.methods:
            cell = found.cells[Key.at(entry)]
            if plan.cell_at(table.paper.name, entry) not in aside and cell.state != "missing":
                methods.setdefault(entry.variant, {})[column] = cell.measured
    shared = {name: {column: mine[column] for column in theirs} for name, theirs in methods.items()}
    samples = {name: {column: cell.sample for column, cell in theirs.items()} for name, theirs in methods.items()}
    return _Tested(
        plan=plan,
        table=table,
        new=new,
        found=found,
        aside=aside,
        methods=methods,
        mine=mine,
        pairs=pairwise(
            {(name, column): (mine[column], other) for name, theirs in methods.items() for column, other in theirs.items()},
            {},
            higher,
            alpha,
        ),
        over=together(shared, methods, table.dataset_of, (), higher, alpha),
        first=best_overall(samples, table.columns, higher),
    )


def _reference(tested: _Tested) -> Reference:
    table, new = tested.table, tested.new
    label, trained = table.paper.label, is_trained(tested.plan.settings)
    sides = {(variant, column): _sides(variant, column, tested) for variant, column in tested.pairs}
    images = new_images(sides, tested.found.cells)
    gains = {sides[place][1]: gain_view(pair, images.get(place)) for place, pair in tested.pairs.items()}
    entries = [entry for column in table.columns for entry in column.methods]
    reasons = {Key.at(entry): tested.aside.get(tested.plan.cell_at(table.paper.name, entry)) for entry in entries}
    rows = tuple(
        across_row(
            variant,
            label(variant),
            each,
            table.heading,
            sentences.counts_words(tested.counts(variant)),
            new_images_over({column: sides[variant, column] for column in each.tested}, tested.found.cells, table.dataset_of),
        )
        for variant, each in tested.over.items()
    )
    variants = dict.fromkeys(entry.variant for entry in entries)
    row = table.row(new.name)
    tags = {} if trained else {row: "numbers only"}
    return Reference(
        words=f"differences are {new.label} against the row’s method in percentage points, positive is better",
        gains=gains,
        sentences=_sentences(tested),
        family=tested.family,
        across=AcrossView(rows, new.label) if rows else None,
        remarks={key: f"not compared, another recipe: {reason}" for key, reason in reasons.items() if reason},
        tags=tags | dict.fromkeys(tested.first, "best stored"),
        costs={variant: _cost(tested, variant) for variant in (*variants, row)},
        comparison=ComparisonView(
            name=new.name,
            label=new.label,
            trained=trained,
            headline=_headline(tested),
            notes=tuple(notes_on(tested.plan, table, new.results)) if trained else (),
            page=f"../{table.paper.name}/{table.table.name}-with-{new.name}.html" if trained else "",
        ),
    )


def _sides(variant: str, column: Column, tested: _Tested) -> tuple[Key, Key]:
    """The new method's cell of a column, and that of a stored one."""
    baseline = Key.at(column.baseline)
    return baseline.of(tested.table.row(tested.new.name)), baseline.of(variant)


def _headline(tested: _Tested) -> str:
    new, label = tested.new, tested.table.paper.label
    if not tested.first:
        return f"{new.label}: there is no stored method to compare with."
    first = tested.first[0]
    words = comparison_sentence(tested.over[first], tested.counts(first), [label(name) for name in tested.first])
    return f"{new.label}{' (stand-in data)' if tested.found.stand_ins else ''}: {words}"


def _sentences(tested: _Tested) -> tuple[str, ...]:
    """How sure the first sentence is, and how it was tested."""
    table = tested.table
    if not tested.first:
        return ()
    first = tested.first[0]
    family = tested.family
    compared = [(tested.mine[column].sample, other.sample) for column, other in tested.methods[first].items()]
    reach = reach_of([(compared, family)], tested.found.alpha)
    rows = [(table.paper.label(name), each) for name, each in tested.over.items()]
    said = (
        sentences.choice([table.paper.label(name) for name in tested.first], counted(tested.over[first].columns, "column")),
        left_out_sentence(rows, table.heading),
        power_sentence(reach) if reach else "",
        f"{counted(family, 'difference')} (stored methods × columns) are corrected together. {INTERVALS}" if family else "",
        looks_sentence(tested.found.looks),
        sentences.tries_sentence(tested.new.earlier),
        sentences.not_stored_sentence(table.left_out),
        "" if is_trained(tested.plan.settings) else sentences.numbers_sentence(tested.plan.settings.new_method),
    )
    return tuple(filter(None, said))


def _cost(tested: _Tested, variant: str) -> CostView:
    """Means over the finished runs of a method in the compared columns."""
    keys = {Key.at(column.baseline).of(variant) for column in tested.table.columns}
    results = [result for key in keys if key in tested.found.cells for result in tested.found.cells[key].results]
    costs = costs_of(results)
    sizes = [size for size in (result.metric("parameters_m") for result in results) if math.isfinite(size)]
    return CostView(
        relative=_shown(costs.get("relative_cost"), lambda value: f"{value:.2f} ×"),
        seconds=_shown(costs.get("train_seconds"), formatting.duration),
        parameters=_shown(math.fsum(sizes) / len(sizes) if sizes else None, formatting.percent),
    )


def _shown(value: float | None, show: Callable[[float], str]) -> Number:
    return NO_NUMBER if value is None else Number(value, show(value))
