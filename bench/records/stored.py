"""Stored results: ``results/stored/<scale>/<paper>.csv``, the per-seed rows that the project ships.

The same runs in another precision, for the comparison of the two, lie in ``<scale>/precision/<paper>.csv``. Nothing gets in
that the current plan would not train: another recipe, other data, half a cell, or a second result for a run that has one are
each refused and told in a line.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.plan import BenchError, Plan, Run
from bench.plan.errors import listed_words
from bench.records.asked import known_cells
from bench.records.record import fresh_results
from bench.records.result import Result
from bench.records.rows import VERIFIED, read_rows, result_from, row_of, rows_text, write_rows
from bench.records.stored_faults import duplicates, fault_of, missing_seeds, mixtures, score_faults, seeds_words
from bench.records.stored_hits import ROUNDING, hits_in_order, with_hits, write_hits

BESIDE = "precision"  # the folder of runs in another precision than the stored ones


@dataclass(frozen=True)
class Addition:
    """What a stored file holds after results went in, and which runs changed it."""

    results: tuple[Result, ...]
    added: tuple[Run, ...] = ()
    replaced: tuple[Run, ...] = ()
    kept: tuple[Run, ...] = ()
    file: Path = Path()


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
        raise BenchError(f"{path}, {listed_words(faults.values(), separator='; ')}")
    if twice:
        raise BenchError(
            f"{path}: two results for {listed_words(run.id for run in twice)}; delete the row that is not to count"
        )
    return results


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
            conflicts.append(f"{result.run.id} ({listed_words(changed, 3)})")
        (added if before is None else replaced).append(result.run)
        merged[result.run] = result
    if conflicts and not replacing:
        raise BenchError(f"another result is stored for {listed_words(conflicts)}; --replace chooses the new one")
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
    fresh = [_as_stored(result) for result in fresh_results(runs, curve=False) if result.status != "missing"]
    if partial and not fresh:
        raise BenchError("none of these runs has a record yet; python -m bench plan TARGET says what to train")
    known = known_cells(plan, {result.run.cell.paper for result in fresh})
    faults = [fault for fault in (fault_of(plan, result, known) for result in fresh) if fault]
    if faults:
        raise BenchError(listed_words(faults, separator="; "))
    additions = []
    for paper in dict.fromkeys(run.cell.paper for run in runs):
        path = plan.settings.stored_file(plan.scale.name, paper)
        if beside:
            _refuse_same_precision(fresh, read_stored(path))
            path = beside_file(path)
        done = merge(read_stored(path), [result for result in fresh if result.run.cell.paper == paper], replacing)
        cells = dict.fromkeys(run.cell for run in runs if run.cell.paper == paper)
        lacking = missing_seeds(done.results, cells, plan.seeds_of(paper))
        if lacking and not partial:
            raise BenchError(f"seeds are missing of {seeds_words(lacking)}; train them, or take what is there with --partial")
        mixed = mixtures(done.results)
        if mixed:
            raise BenchError(f"{paper}: {listed_words(mixed, separator='; ')}")
        additions.append(replace(done, file=path))
    for done in additions:
        if done.added or done.replaced:
            done.file.parent.mkdir(parents=True, exist_ok=True)
            write_rows(done.file, done.results)
            write_hits(done.results, done.file)
    return additions


def check_file(plan: Plan, path: Path) -> tuple[list[Result], list[str], list[str]]:
    """A stored file's results, a line for everything that is wrong with it, and a line for every cell of few seeds.

    The plan is that of the file's scale.

    Few seeds are no fault: someone chose them (``store add --partial``), and every table shows its n.
    """
    folder = path.parent.parent if path.parent.name == BESIDE else path.parent
    scale, paper = folder.name, path.stem
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
    lacking = missing_seeds(ours, dict.fromkeys(result.run.cell for result in ours), plan.seeds_of(paper))
    notes = [f"seeds are missing of {seeds_words({cell: seeds})}" for cell, seeds in lacking.items()]
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
