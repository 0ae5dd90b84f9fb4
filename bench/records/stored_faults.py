"""What keeps results out of the stored ones: another plan's config, mixed data, missing seeds; a line for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from bench.plan import BenchError, Cell, Plan, Run
from bench.plan.schema import validate
from bench.records.asked import refuse_unknown
from bench.records.fingerprint import fingerprint
from bench.records.record import SCHEMA
from bench.records.result import Result
from bench.records.rows import GROUPS, score_fault
from bench.records.stored_hits import hits_fault

LISTED = 6  # faults that one line names before it counts the rest


def fault_of(plan: Plan, result: Result, known: Container[Cell]) -> str:
    """Why a result may not stand among the stored ones: its schema, its run, its recipe or its config; empty if it may."""
    facts, run = result.facts, result.run
    record = {name: facts.get(name) for name in (*GROUPS, "config", "precision")}
    record |= {name: facts[name] for name in ("claims",) if name in facts}
    record |= {"schema": SCHEMA, "run": run.id, "status": result.status, "reason": result.reason}
    record |= {"metrics": dict(result.metrics), "curve": {}, "sources": {}, "teachers": {}, "weights": {}}
    try:
        validate(record, "record", run.id)
        refuse_unknown(plan, run, known)
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


def duplicates(results: Iterable[Result]) -> list[Run]:
    """Runs that have more than one result."""
    return [run for run, count in Counter(result.run for result in results).items() if count > 1]


def seeds_words(lacking: Mapping[Cell, Sequence[int]]) -> str:
    return listed_words((f"{cell.id} ({', '.join(map(str, seeds))})" for cell, seeds in lacking.items()), separator="; ")


def listed_words(words: Iterable[str], most: int = LISTED, separator: str = ", ") -> str:
    """The first words of many, and how many more there are."""
    names = list(words)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return separator.join(names[:most]) + more
