"""What keeps results out of the stored ones: another plan's config, mixed data, missing seeds, scores in another unit.

A line for each.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from bench.plan import BenchError, Cell, Plan, Run
from bench.plan.errors import listed_words
from bench.plan.schema import validate
from bench.records.asked import refuse_unknown
from bench.records.fingerprint import fingerprint
from bench.records.record import SCHEMA
from bench.records.result import Result
from bench.records.rows import GROUPS, score_fault
from bench.records.stored_hits import ROUNDING, hits_fault

COUNTED = ("accuracy", "best_accuracy", "top5_accuracy")  # shares of the test images
LOW_CHANCE = 2.0  # percent; where chance is below it, a network that learnt nothing has less than 1 %
NEAR = 1.5  # times as much or as little as the median of its column


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


def score_faults(results: Sequence[Result], path: Path) -> dict[str, str]:
    """What is wrong with the scores of a file's results, as ``line 3: ...`` by run id."""
    columns: dict[tuple[str, str, str], list[float]] = {}
    for result in results:
        for name, value in result.metrics.items():
            columns.setdefault((result.run.cell.dataset, result.run.cell.backbone, name), []).append(value)
    medians = {column: median(values) for column, values in columns.items()}
    faults = {result.run.id: score_fault(result) or _fraction(result, medians) for result in results}
    faults = {run: fault for run, fault in faults.items() if fault}
    lines = _lines(path) if faults else {}
    return {run: f"line {lines.get(run, 0)}: {fault}" for run, fault in faults.items()}


def _fraction(result: Result, medians: Mapping[tuple[str, str, str], float]) -> str:
    """The first score that is a fraction; empty if none is."""
    data = result.facts.get("data", {})
    images, classes = data.get("test", 0), len(data.get("classes", ()))
    for name, value in result.metrics.items():
        if not 0.0 < value < 1.0:
            continue
        usual = medians[result.run.cell.dataset, result.run.cell.backbone, name]
        among = usual > 1.0 and usual / NEAR <= 100.0 * value <= usual * NEAR
        if name in COUNTED:
            hits = value * images / 100.0
            among = among and not (classes and 100.0 / classes < LOW_CHANCE)
            among = among or (images > 0 and abs(hits - round(hits)) > images * ROUNDING / 100.0)
        if among:
            return f"{result.run.id}: {name} is {value}, a fraction; percentages are expected, {value * 100:.6g} here"
    return ""


def _lines(path: Path) -> dict[str, int]:
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        return {row["run"]: reader.line_num for row in reader}


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
