"""Stored results: ``results/stored/<scale>/<paper>.csv``, the per-seed rows that the project ships.

The same runs in another precision, for the comparison of the two, lie in ``<scale>/precision/<paper>.csv``.

Nothing gets in that the current plan would not train: another recipe, other data, half a cell, or a second result for a run
that has one are each refused and told in a line.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.plan import BenchError, Cell, Plan, Run, Settings, parse_run
from bench.plan.schema import validate
from bench.records.fingerprint import fingerprint
from bench.records.record import SCHEMA, each_fresh_result
from bench.records.result import Result
from bench.records.rows import GROUPS, VERIFIED, read_rows, result_from, row_of, rows_text, score_fault, write_rows
from bench.records.stored_hits import ROUNDING, hits_fault, hits_in_order, with_hits, write_hits
from bench.records.stored_scores import score_faults

BESIDE = "precision"  # the folder of runs in another precision than the stored ones
LISTED = 6  # faults that one line names before it counts the rest


@dataclass(frozen=True)
class Addition:
    """What a stored file holds after results went in, and which runs changed it."""

    results: tuple[Result, ...]
    added: tuple[Run, ...] = ()
    replaced: tuple[Run, ...] = ()
    kept: tuple[Run, ...] = ()
    file: Path = Path()


def stored_file(settings: Settings, scale: str, paper: str) -> Path:
    """Where the rows of one paper at one scale lie."""
    return settings.stored / scale / f"{paper}.csv"


def beside_file(rows: Path) -> Path:
    """Where the rows of the same runs in another precision lie."""
    return rows.parent / BESIDE / rows.name


def read_beside(rows: Path) -> list[Result]:
    """The results of the same runs in another precision, or none; their source is ``beside``."""
    return [replace(result, source="beside") for result in read_stored(beside_file(rows))]


def read_stored(path: Path) -> list[Result]:
    """The results of a stored file, or none if there is no such file.

    Raises
    ------
    BenchError
        If it is no file of rows, holds two results for one run, or a score that is no percentage; told with its line.
    """
    results = with_hits(read_rows(path, "stored"), path) if path.exists() else []
    twice = duplicates(results)
    faults = score_faults(results, path)
    if faults:
        raise BenchError(f"{path}, {_listed(faults.values(), separator='; ')}")
    if twice:
        raise BenchError(f"{path}: two results for {_listed(run.id for run in twice)}; delete the row that is not to count")
    return results


def duplicates(results: Iterable[Result]) -> list[Run]:
    """Runs that have more than one result."""
    return [run for run, count in Counter(result.run for result in results).items() if count > 1]


def named_runs(plan: Plan, words: Sequence[str]) -> list[Run]:
    """The runs of tables, figures (``drrnet/table2``), cells and runs by their ids, each once; no word means every table.

    Teachers are in only where a table shows them.
    """
    runs: dict[Run, None] = {}
    for word in words or ("all",):
        parts = word.removeprefix("results/runs/").removesuffix(".json").split("/")
        if word == "all":
            found = [run for paper in plan.papers for item in _numbers(plan, paper) for run in _runs_of(plan, paper, item)]
        elif len(parts) == 6:
            found = [parse_run(word)]
        elif len(parts) == 5:
            found = plan.runs([Cell(*parts)])
        else:
            found = _runs_of(plan, *plan.target(word))
        runs.update(dict.fromkeys(found))
    known = known_cells(plan, {run.cell.paper for run in runs})
    for run in runs:
        _refuse_unknown(plan, run, known)
    return list(runs)


def known_cells(plan: Plan, papers: Iterable[str]) -> set[Cell]:
    """Every cell that a table or figure of ``papers`` shows, and those that they learn from."""
    seed = plan.settings.seeds[:1]
    shown = {cell for paper in papers for item in _items(plan, paper) for cell in plan.cells_of(paper, item)}
    return {run.cell for run in plan.with_teachers(cell.run(number) for cell in shown for number in seed)}


def fault_of(plan: Plan, result: Result, known: Container[Cell]) -> str:
    """Why a result may not stand among the stored ones: its schema, its run, its recipe or its config; empty if it may."""
    facts, run = result.facts, result.run
    record = {name: facts.get(name) for name in (*GROUPS, "config", "precision")}
    record |= {name: facts[name] for name in ("claims",) if name in facts}
    record |= {"schema": SCHEMA, "run": run.id, "status": result.status, "reason": result.reason}
    record |= {"metrics": dict(result.metrics), "curve": {}, "sources": {}, "teachers": {}, "weights": {}}
    try:
        validate(record, "record", run.id)
        _refuse_unknown(plan, run, known)
        current = plan.resolve(run)
        expected = fingerprint(plan, run)["config"]
    except BenchError as error:
        return str(error) if str(error).startswith(run.id) else f"{run.id}: {error}"
    if result.status not in ("finished", "diverged"):
        return f"{run.id}: is '{result.status}', which is no result"
    faulty = score_fault(result)
    if faulty:
        return faulty
    recorded = facts["config"]
    if recorded.get("recipe_version") != current["recipe_version"]:
        return f"{run.id}: recipe version {recorded.get('recipe_version')}, the paper's is {current['recipe_version']} now"
    changed = difference(recorded, current)
    if changed or facts["fingerprint"]["config"] != expected:
        return f"{run.id}: its config is not the plan's ({changed or 'its teacher has changed, or its fingerprint is damaged'})"
    return hits_fault(result)


def difference(recorded: Mapping[str, Any], current: Mapping[str, Any], place: str = "") -> str:
    """The first key of ``current`` that ``recorded`` has otherwise, as in ``recipe.epochs is 8, now 3``; empty if none."""
    for key in sorted(current):
        was, now, where = recorded.get(key), current[key], f"{place}{key}"
        if isinstance(was, dict) and isinstance(now, dict):
            words = difference(was, now, f"{where}.")
            if words:
                return words
        elif was != now:
            return f"{where} is {str(was)[:60]}, now {str(now)[:60]}"
    return ""


def mixtures(results: Iterable[Result]) -> list[str]:
    """Columns (a dataset on a backbone) whose runs differ in their data or their precision, and sizes of different data."""
    seen: dict[tuple[str, ...], tuple[str, Run]] = {}
    lines: dict[tuple[str, ...], str] = {}
    for result in sorted(results, key=lambda item: item.run):
        cell = result.run.cell
        digest = str(result.facts.get("data", {}).get("digest", ""))[:12]
        shared = [(scope, "data digest", digest) for scope in result.data_scopes]
        column = ("column", cell.backbone)
        for scope, what, value in (*shared, (column, "precision", str(result.facts.get("precision", "")))):
            place = (cell.scale, cell.paper, cell.dataset, *scope, what)
            before, run = seen.setdefault(place, (value, result.run))
            if before != value:
                words = f"{what} {before} in {run.id} and {value} in {result.run.id}"
                lines.setdefault(place, f"{cell.dataset}, {' '.join(scope)}: {words}")
    return list(lines.values())


def missing_seeds(results: Iterable[Result], cells: Iterable[Cell], seeds: Sequence[int]) -> dict[Cell, list[int]]:
    """The seeds that ``cells`` lack, for those that lack any."""
    found = {result.run for result in results}
    missing = {cell: [seed for seed in seeds if cell.run(seed) not in found] for cell in cells}
    return {cell: lacking for cell, lacking in missing.items() if lacking}


def merge(stored: Sequence[Result], fresh: Iterable[Result], replacing: bool = False) -> Addition:
    """Put results among stored ones; one that is stored already changes nothing.

    Raises
    ------
    BenchError
        If a run has another result already and ``replacing`` does not say that the new one is chosen.
    """
    merged = {result.run: result for result in stored}
    added: list[Run] = []
    replaced: list[Run] = []
    kept: list[Run] = []
    conflicts: list[str] = []
    for result in fresh:
        before = merged.get(result.run)
        changed = _changed(before, result) if before is not None else []
        if before is not None and not changed:
            kept.append(result.run)
            continue
        if before is not None:
            conflicts.append(f"{result.run.id} ({_listed(changed, 3)})")
        (added if before is None else replaced).append(result.run)
        merged[result.run] = result
    if conflicts and not replacing:
        raise BenchError(f"another result is stored for {_listed(conflicts)}; --replace chooses the new one")
    return Addition(tuple(merged[run] for run in sorted(merged)), tuple(added), tuple(replaced), tuple(kept))


def add(
    plan: Plan, runs: Sequence[Run], *, replacing: bool = False, partial: bool = False, beside: bool = False
) -> list[Addition]:
    """Check the records of ``runs`` and put them into the stored file of their paper; all of them or none.

    Parameters
    ----------
    replacing
        Whether a new result takes the place of another one that is stored for its run.
    partial
        Whether a cell may go in without all its seeds.
    beside
        Whether they are runs of stored cells in another precision, kept for the comparison of the two.

    Raises
    ------
    BenchError
        What is wrong: a record's schema, recipe or config, mixed data, missing seeds, a second result.
    """
    fresh = [_as_stored(result) for result in each_fresh_result(runs, curve=False) if result.status != "missing"]
    if partial and not fresh:
        raise BenchError("none of these runs has a record yet; python -m bench plan TARGET says what to train")
    known = known_cells(plan, {result.run.cell.paper for result in fresh})
    faults = [fault for fault in (fault_of(plan, result, known) for result in fresh) if fault]
    if faults:
        raise BenchError(_listed(faults, separator="; "))
    additions = []
    for paper in dict.fromkeys(run.cell.paper for run in runs):
        path = stored_file(plan.settings, plan.scale.name, paper)
        if beside:
            _refuse_same_precision(fresh, read_stored(path))
            path = beside_file(path)
        done = merge(read_stored(path), [result for result in fresh if result.run.cell.paper == paper], replacing)
        cells = dict.fromkeys(run.cell for run in runs if run.cell.paper == paper)
        lacking = missing_seeds(done.results, cells, plan.settings.seeds)
        if lacking and not partial:
            raise BenchError(f"seeds are missing of {_seeds(lacking)}; train them, or take what is there with --partial")
        mixed = mixtures(done.results)
        if mixed:
            raise BenchError(f"{paper}: {_listed(mixed, separator='; ')}")
        additions.append(replace(done, file=path))
    for done in additions:
        if done.added or done.replaced:
            done.file.parent.mkdir(parents=True, exist_ok=True)
            write_rows(done.file, done.results)
            write_hits(done.results, done.file)
    return additions


def check_file(settings: Settings, path: Path) -> tuple[list[Result], list[str], list[str]]:
    """A stored file's results, a line for everything that is wrong with it, and a line for every cell of few seeds.

    Few seeds are no fault: someone chose them (``store add --partial``), and every table shows its n.
    """
    folder = path.parent.parent if path.parent.name == BESIDE else path.parent
    scale, paper = folder.name, path.stem
    plan = Plan(replace(settings, scale=scale))
    try:
        results = with_hits(read_rows(path, "stored"), path)
        known = known_cells(plan, [paper]) if plan.scale else set()
    except BenchError as error:
        return [], [str(error)], []
    problems = [f"{run.id}: stored twice" for run in duplicates(results)]
    elsewhere = [r for r in results if (r.run.cell.scale, r.run.cell.paper) != (scale, paper)]
    problems += [f"{result.run.id}: belongs into {result.run.cell.scale}/{result.run.cell.paper}.csv" for result in elsewhere]
    ours = [result for result in results if result not in elsewhere]
    scores = score_faults(results, path)
    problems += scores.values()
    sound = [result for result in ours if result.run.id not in scores]
    # Which precision they were trained in is named with them.
    plans = [plan.in_precision(str(result.facts["config"].get("precision", plan.precision))) for result in sound]
    problems += [fault for fault in (fault_of(each, result, known) for each, result in zip(plans, sound, strict=True)) if fault]
    lacking = missing_seeds(ours, dict.fromkeys(result.run.cell for result in ours), settings.seeds)
    notes = [f"seeds are missing of {_seeds({cell: seeds})}" for cell, seeds in lacking.items()]
    problems += mixtures(ours)
    if not problems and path.read_text(encoding="utf-8") != rows_text(results):
        problems.append("its lines are not those that 'store add' writes (edited, or in another order)")
    if not problems and not hits_in_order(results, path):
        problems.append("the lines of its hits are not those that 'store add' writes (edited, or in another order)")
    return results, problems, notes


def _refuse_same_precision(results: Iterable[Result], stored: Iterable[Result]) -> None:
    """What lies beside the stored rows is of cells that are stored, in another precision."""
    known = {result.run.cell: result.facts["precision"] for result in stored}
    for result in results:
        if result.run.cell not in known:
            raise BenchError(
                f"{result.run.id}: nothing of its cell is stored that it could lie beside; add it without --beside"
            )
        if known[result.run.cell] == result.facts["precision"]:
            raise BenchError(f"{result.run.id}: its cell is stored in {known[result.run.cell]} too; add it without --beside")


def _changed(before: Result, after: Result) -> list[str]:
    """The fields in which two results of a run differ; scores may differ by the rounding of older rows."""
    was, now = row_of(before), row_of(after)
    near = {name for name, value in after.metrics.items() if abs(value - before.metrics.get(name, math.inf)) <= ROUNDING}
    changed = [name for name in now if now[name] != was.get(name) and name not in near and name != VERIFIED]
    return [*changed, *(["hits"] if before.hits != after.hits else [])]


def _as_stored(result: Result) -> Result:
    """A fresh result as it will be read back: without its curve and what else a row and its hits do not hold."""
    stored = result_from(row_of(result), "stored")
    hits = result.hits
    return stored if hits is None else replace(stored, facts={**stored.facts, "hits": hits.fields()})


def _items(plan: Plan, paper: str) -> list[str]:
    return [*plan.paper(paper).tables, *plan.paper(paper).figures]


def _numbers(plan: Plan, paper: str) -> list[str]:
    """The tables and figures that show numbers; figures of networks need one seed, and rows hold no networks."""
    figures = plan.paper(paper).figures
    return [item for item in _items(plan, paper) if item not in figures or not figures[item].probed]


def _runs_of(plan: Plan, paper: str, item: str) -> list[Run]:
    return plan.runs(plan.cells_of(paper, item))


def _refuse_unknown(plan: Plan, run: Run, known: Container[Cell]) -> None:
    if run.cell.scale != plan.scale.name:
        raise BenchError(f"{run.id}: is of scale '{run.cell.scale}', the settings say '{plan.scale.name}'")
    if run.cell not in known:
        plan.resolve(run)  # says which part of the id is unknown
        raise BenchError(f"{run.id}: no table or figure of '{run.cell.paper}' shows or needs it")


def _seeds(lacking: Mapping[Cell, Sequence[int]]) -> str:
    return _listed((f"{cell.id} ({', '.join(map(str, seeds))})" for cell, seeds in lacking.items()), separator="; ")


def _listed(words: Iterable[str], most: int = LISTED, separator: str = ", ") -> str:
    """The first words of many, and how many more there are."""
    names = list(words)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return separator.join(names[:most]) + more
