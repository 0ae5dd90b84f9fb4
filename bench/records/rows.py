"""Per-seed rows: a record without its curve as one line of a CSV. What ``results/stored`` holds.

A row stands alone: scores, resolved config, fingerprint, data digest, versions, hardware and cost are all in it.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Any

from bench.plan import BenchError, parse_run
from bench.plan.files import write_atomically
from bench.plan.metrics import METRICS, SCORES, USUAL_TASK, headline, recorded_metrics
from bench.records.result import Result

COST = (
    "train_seconds", "images_per_second", "peak_memory_mb", "parameters", "extra_parameters", "flops", "extra_flops",
    "relative_cost",
)  # fmt: skip
DATA = ("name", "digest", "stand_in", "train", "test", "classes")
HARDWARE = ("cpu", "cpu_flags", "gpu", "threads")
VERSIONS = ("bench", "python", "torch", "torchvision", "timm", "numpy")
GIT = ("commit", "dirty")
GROUPS: Mapping[str, tuple[str, ...]] = {
    "cost": COST,
    "data": DATA,
    "fingerprint": ("config", "code"),
    "hardware": HARDWARE,
    "versions": VERSIONS,
    "git": GIT,
}
HEAD = ("run", "scale", "paper", "dataset", "backbone", "variant", "seed", "status", "reason")
TAIL = ("precision", *(f"{group}_{name}" for group, names in GROUPS.items() for name in names), "config")
VERIFIED, CLAIMS = "verified_code", "claims"
# What of fp32 a GPU computed in TF32, and what the trainings took that a run learned from.
SOME_HAVE: Mapping[str, tuple[str, str]] = {
    "hardware_tf32": ("hardware", "tf32"),
    "cost_teacher_seconds": ("cost", "teacher_seconds"),
}
# Columns of a file in which any run has them: the code that gave the same when trained again, what was fixed before training.
OPTIONAL = (VERIFIED, CLAIMS, *SOME_HAVE)
TEXT = {"data_name", "data_digest", "hardware_cpu", "hardware_gpu", "git_commit"}
TEXT |= {f"{group}_{name}" for group in ("fingerprint", "versions") for name in GROUPS[group]}
KINDS: Mapping[str, tuple[type, ...]] = {  # exactly: a truth value is no number here
    **{f"cost_{name}": (int, float) for name in COST},
    "data_stand_in": (bool,), "data_train": (int,), "data_test": (int,), "data_classes": (list,),
    "hardware_cpu_flags": (list,), "hardware_threads": (int,), "git_dirty": (bool,), "config": (dict,),
    CLAIMS: (dict,), "hardware_tf32": (dict,), "cost_teacher_seconds": (int, float),
}  # fmt: skip
LARGEST_NUMBER = 1e30
LARGEST = 2**28  # bytes
REWRITE = "write it anew with store add, or take it with the version that wrote it"


def row_of(result: Result) -> dict[str, str]:
    """One line; numbers keep every digit, structures are JSON."""
    cell, facts = result.run.cell, result.facts
    row: dict[str, Any] = {
        "run": result.run.id,
        "scale": cell.scale,
        "paper": cell.paper,
        "dataset": cell.dataset,
        "backbone": cell.backbone,
        "variant": cell.variant,
        "seed": result.run.seed,
        "status": result.status,
        "reason": result.reason,
        **result.metrics,
        "precision": facts.get("precision", ""),
        "config": facts.get("config", {}),
    }
    if "verified" in facts:
        row[VERIFIED] = facts["verified"]["code"]
    if "claims" in facts:
        row[CLAIMS] = facts["claims"]
    row.update({column: facts[group][name] for column, (group, name) in SOME_HAVE.items() if name in facts.get(group, {})})
    for group, names in GROUPS.items():
        row.update({f"{group}_{name}": facts.get(group, {}).get(name, "") for name in names})
    return {name: value if isinstance(value, str) else json.dumps(value, sort_keys=True) for name, value in row.items()}


def result_from(row: Mapping[str, str], source: str = "fresh") -> Result:
    """Read a line back.

    Raises
    ------
    BenchError
        If a value is not what its column holds.
    """
    try:
        facts: dict[str, Any] = {"precision": row["precision"], "config": _value("config", row["config"] or "{}")}
        for group, names in GROUPS.items():
            columns = {name: f"{group}_{name}" for name in names}
            facts[group] = {name: _value(column, row[column]) for name, column in columns.items() if row[column] != ""}
        for column, (group, name) in SOME_HAVE.items():
            if row.get(column):
                facts[group][name] = _value(column, row[column])
        if row.get(VERIFIED):
            facts["verified"] = {"code": row[VERIFIED]}
        if row.get(CLAIMS):
            facts["claims"] = _value(CLAIMS, row[CLAIMS])
        metrics = {name: float(text) for name, text in row.items() if name in SCORES and text != ""}
        run = parse_run(row["run"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise BenchError(f"row '{str(row.get('run'))[:100]}': not a result row ({error})") from None
    return Result(run, row["status"], metrics, {}, facts, source, row["reason"])  # type: ignore[arg-type]


def write_rows(path: Path, results: Iterable[Result]) -> None:
    """Write ``rows_text`` as a whole or not at all."""
    write_atomically(path, rows_text(results))


def rows_text(results: Iterable[Result]) -> str:
    """The file of ``results``, sorted by run, so that two files differ only where results do."""
    results = sorted(results, key=lambda item: item.run)
    rows = [row_of(result) for result in results]
    tasks = {result.task for result in results} or {USUAL_TASK}
    columns = columns_of(tasks, {name for row in rows for name in OPTIONAL if name in row})
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def columns_of(tasks: Iterable[str], optional: Container[str] = ()) -> tuple[str, ...]:
    """The columns of a file with results of these kinds of task; ``optional`` are those of ``OPTIONAL`` that it has."""
    return (
        *HEAD,
        *(name for name in OPTIONAL if name in optional),
        *(name for task in sorted(set(tasks)) for name in recorded_metrics(task)),
        *TAIL,
    )


def read_rows(path: Path, source: str = "fresh") -> list[Result]:
    """Read a file of rows.

    Raises
    ------
    BenchError
        If the file is missing, too large, or has other columns.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise BenchError(f"{path}: larger than {LARGEST} bytes")
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            columns = tuple(reader.fieldnames or ())
            if columns != columns_of((SCORES[name].task for name in columns if name in SCORES), columns):
                raise BenchError(f"{path}: its columns are not those of result rows of this version; {REWRITE}")
            try:
                return [result_from(row, source) for row in reader]
            except BenchError as error:
                raise BenchError(f"{path}, line {reader.line_num}: {error}") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BenchError(f"{path}: cannot be read ({error})") from None


def _value(column: str, text: str) -> Any:
    if column in TEXT:
        return text
    value = json.loads(text, parse_constant=_no_number)
    kinds = KINDS[column]
    is_other = type(value) not in kinds or (float in kinds and abs(value) > LARGEST_NUMBER)
    if is_other or (column == "hardware_tf32" and {type(each) for each in value.values()} - {bool}):
        raise ValueError(f"{column} is {text[:100]}")
    return value


def score_fault(result: Result) -> str:
    """The first score of a result that is no percentage, or its headline where it finished without one; empty if none."""
    known_by = headline(result.task)
    if result.status == "finished" and not math.isfinite(result.metric(known_by)):
        return f"{result.run.id}: finished without its {METRICS[known_by].label}"
    for name, value in result.metrics.items():
        if not 0.0 <= value <= 100.0:
            return f"{result.run.id}: {name} is {value}, which is no percentage; the row is damaged"
    return ""


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")
