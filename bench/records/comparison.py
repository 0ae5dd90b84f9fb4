"""The comparison with stored results: which columns, which results of other methods, and what must not be compared."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.plan import BenchError, Cell, Paper, Plan, Run, Table
from bench.plan.comparison import Column, columns_of
from bench.plan.compute import EQUAL, is_counted, row_of
from bench.plan.datakeys import DATA_CACHE
from bench.plan.errors import listed_words
from bench.records.asked import known_cells
from bench.records.result import Result
from bench.records.stored import read_stored
from bench.records.stored_faults import difference, fault_of
from bench.records.verified import edited_since


@dataclass(frozen=True)
class ComparedTable:
    """A table in which a new method is compared.

    Attributes
    ----------
    columns
        Those with stored results, and nothing else.
    left_out
        The headings of the other columns.
    stored
        The stored results of every method in those columns.
    """

    paper: Paper
    table: Table
    columns: tuple[Column, ...]
    left_out: tuple[str, ...]
    stored: tuple[Result, ...]

    @property
    def target(self) -> str:
        return f"{self.paper.name}/{self.table.name}"

    @property
    def dataset_of(self) -> dict[Column, str]:
        return {column: column.place[0] for column in self.columns}

    def heading(self, column: Column) -> str:
        return _heading(self.table, column)

    def row(self, name: str) -> str:
        """The new method's variant in this table."""
        return row_of(self.table, self.paper, name)


def compared_tables(plan: Plan) -> list[ComparedTable]:
    """The tables that the settings' ``compare`` names; where it names none, every one with stored results at the scale.

    Raises
    ------
    BenchError
        A table that cannot be compared in, nothing stored, stored results of another config than the plan's.
    """
    named = [plan.target(word) for word in plan.settings.compare]
    papers = plan.settings.stored_files(plan.scale.name) if not named else {}
    targets = named or [(paper, table) for paper in papers if paper in plan.papers for table in plan.paper(paper).tables]
    found = [compared for compared in (_compared_table(plan, *target, bool(named)) for target in targets) if compared]
    if not found:
        kept = sorted({folder.name for folder in plan.settings.stored.glob("*") if plan.settings.stored_files(folder.name)})
        raise BenchError(
            f"nothing is stored at scale '{plan.scale.name}' that a method could be compared with; "
            f"stored results: {', '.join(kept) or 'none'} (scale=NAME chooses), or store add your own"
        )
    return found


def runs_of(plan: Plan, found: Iterable[ComparedTable], name: str) -> list[Run]:
    """The runs of the new method in every column of the compared tables, each once."""
    cells = ((each.paper.name, *column.place, each.row(name)) for each in found for column in each.columns)
    return plan.runs(plan.cell(*cell) for cell in dict.fromkeys(cells))


def incomparable(plan: Plan, compared: ComparedTable, name: str) -> dict[Cell, str]:
    """Methods whose recipe is another one than the new method's, as a paper's own variants may have, and what differs."""
    reasons, scaled = {}, compared.table.compute == EQUAL
    for column in compared.columns:
        own = plan.cell_at(compared.paper.name, replace(column.baseline, variant=compared.row(name)))
        for entry in column.methods:
            cell = plan.cell_at(compared.paper.name, entry)
            at_equal_compute = scaled and entry.variant not in compared.table.controls
            words = difference(_conditions(plan, cell, at_equal_compute), _conditions(plan, own, at_equal_compute))
            if words:
                reasons[cell] = words
    return reasons


def refuse_other_data(plan: Plan, found: Iterable[ComparedTable], name: str, results: Sequence[Result] = ()) -> None:
    """Refuse if the new method's data are not those that the stored results were trained on.

    What is prepared below ``results/data`` is looked at before anything is trained, the records of ``results`` after it.

    Raises
    ------
    BenchError
        Naming both digests.
    """
    mine: dict[Cell, str] = {}
    for run in runs_of(plan, found, name):
        config: dict[str, Any] = plan.resolve(run)
        mine.setdefault(run.cell, _prepared(DATA_CACHE / config["data"]["key"] / "manifest.json"))
    mine |= {result.run.cell: _digest(result) for result in results if result.status == "finished"}
    for compared in found:
        for column in compared.columns:
            ours = mine.get(plan.cell_at(compared.paper.name, replace(column.baseline, variant=compared.row(name))), "")
            for result in _stored_at(compared, column):
                theirs = _digest(result)
                if ours and theirs != ours:
                    raise BenchError(
                        f"{compared.target}, {compared.heading(column)}: other data; the stored results were trained on data "
                        f"of digest {theirs[:12]}, here it is {ours[:12]}. Numbers of different data are not compared"
                    )


def notes_on(plan: Plan, compared: ComparedTable, results: Sequence[Result]) -> list[str]:
    """What differs from the stored results without being a reason to refuse: code, precision, machine, torch."""
    notes = _uncounted(plan, compared, results)
    edited, again = edited_since(plan, compared.stored)
    changed = [result for result in edited if result.run.cell not in again]
    if edited and not changed:
        notes.append(
            f"Verified with today's code: a seed of each of the {len(again)} stored cells was trained again and came out equal."
        )
    if changed:
        commits = ", ".join(dict.fromkeys(str(each.facts["git"].get("commit", "?"))[:12] for each in changed))
        notes.append(
            f"The code behind {len(changed)} of {len(compared.stored)} stored results has been edited since they were trained "
            f"(commit {commits}); their recipes and hyper-parameters have not changed."
        )
    for what, part, keys in (
        ("precision", "", ("precision",)), ("hardware", "hardware", ("gpu", "cpu")), ("torch", "versions", ("torch",)),
    ):  # fmt: skip
        theirs, ours = _each(compared.stored, part, keys), _each(results, part, keys)
        if ours and theirs != ours:
            notes.append(f"Another {what}: {', '.join(ours)} here, {', '.join(theirs)} there.")
    return notes


def _uncounted(plan: Plan, compared: ComparedTable, results: Iterable[Result]) -> list[str]:
    """Where compute is shown, that the new method's step is taken at its declared passes, as long as nobody has counted it."""
    for run in (result.run for result in results if compared.table.compute):
        teachers = {role: plan.resolve(teacher) for role, teacher in plan.teachers(run).items()}
        if not is_counted(plan.resolve(run), teachers, plan.settings.plugins):
            return ["Its compute is an estimate from the passes that it declares; benchmarks/step_costs.py --method counts it."]
    return []


def _compared_table(plan: Plan, paper: str, item: str, named: bool) -> ComparedTable | None:
    known = plan.paper(paper)
    table = known.tables.get(item)
    columns = list(columns_of(table)) if table else []
    if table is None or not columns:
        if not named:
            return None
        what = "is a figure" if table is None else "has no columns in which every row is a method beside one baseline"
        raise BenchError(f"{paper}/{item} {what}; a new method cannot be compared there")
    file = plan.settings.stored_file(plan.scale.name, paper)
    by_cell: dict[Cell, list[Result]] = {}
    for result in read_stored(file):
        by_cell.setdefault(result.run.cell, []).append(result)
    stored = {column: [r for e in column.methods for r in by_cell.get(plan.cell_at(paper, e), ())] for column in columns}
    kept = _columns_of_their_own(stored)
    if not kept:
        if not named:
            return None
        raise BenchError(
            f"nothing is stored of {paper}/{item} at scale '{plan.scale.name}'; python -m bench store show lists it"
        )
    # Columns of two metrics share their runs.
    results = tuple({result.run: result for column in kept for result in stored[column]}.values())
    _refuse_outdated(plan, file, results)
    left_out = tuple(_heading(table, column) for column in columns if column not in kept)
    return ComparedTable(known, table, kept, left_out, results)


def _columns_of_their_own(stored: Mapping[Column, Sequence[Result]]) -> tuple[Column, ...]:
    """The columns that have stored results which no column before them has, so that a baseline of two blocks counts once."""
    kept: list[Column] = []
    seen: set[tuple[Run, str]] = set()
    for column, results in stored.items():
        own = {(result.run, column.baseline.metric) for result in results}
        if own - seen:
            kept.append(column)
        seen |= own
    return tuple(kept)


def _refuse_outdated(plan: Plan, file: Path, results: Sequence[Result]) -> None:
    """Stored results of another recipe, budget, scale or hyper-parameter than the plan's are nothing to compare with."""
    known = known_cells(plan, {result.run.cell.paper for result in results})
    faults = [fault for fault in (fault_of(plan, result, known) for result in results) if fault]
    if faults:
        raise BenchError(f"{file.parent.name}/{file.name} was trained otherwise: {listed_words(faults, 1)}")


def _conditions(plan: Plan, cell: Cell, at_equal_compute: bool) -> dict[str, Any]:
    """What methods must share to be compared: recipe, data and width of the backbone; at equal compute any number of epochs."""
    config: dict[str, Any] = plan.resolve(cell.run(plan.settings.seeds[0]))
    shared = {key: config[key] for key in ("recipe", "data", "backbone", "recipe_version")}
    epochs = ("epochs", "last_epoch_share") if at_equal_compute else ()
    return {**shared, "recipe": {key: value for key, value in shared["recipe"].items() if key not in epochs}}


def _stored_at(compared: ComparedTable, column: Column) -> list[Result]:
    cells = {(entry.dataset, entry.backbone, entry.variant) for entry in column.methods}
    return [
        result
        for result in compared.stored
        if (result.run.cell.dataset, result.run.cell.backbone, result.run.cell.variant) in cells
    ]


def _heading(table: Table, column: Column) -> str:
    block = table.blocks[column.block]
    heading = block.columns[column.position]
    return " ".join(dict.fromkeys(filter(None, (block.title, heading.group, heading.label))))


def _digest(result: Result) -> str:
    return str(result.facts.get("data", {}).get("digest", ""))


def _prepared(manifest: Path) -> str:
    """The digest of a dataset that is prepared already; empty if it is not, or cannot be read."""
    try:
        return str(json.loads(manifest.read_text(encoding="utf-8"))["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _each(results: Iterable[Result], part: str, keys: Sequence[str]) -> list[str]:
    """The distinct values of the first of ``keys`` that each result has."""
    found = []
    for result in results:
        facts: Mapping[str, Any] = result.facts.get(part, {}) if part else result.facts
        found.append(next((str(facts[key]) for key in keys if facts.get(key)), ""))
    return sorted(set(filter(None, found)))
