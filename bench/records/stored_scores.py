"""Scores of stored rows: what is no percentage, and fractions (0.67 for 67 %) among percentages, each with its line."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from bench.records.result import Result
from bench.records.rows import score_fault
from bench.records.stored_hits import ROUNDING

COUNTED = ("accuracy", "best_accuracy", "top5_accuracy")  # shares of the test images
LOW_CHANCE = 2.0  # percent; where chance is below it, a network that learnt nothing has less than 1 %
NEAR = 1.5  # times as much or as little as the median of its column


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
