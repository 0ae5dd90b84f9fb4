"""A record: one self-contained JSON per run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.plan import BenchError, Plan, Run
from bench.plan.schema import validate
from bench.records.files import read_json, write_json
from bench.records.result import Result

SCHEMA = 1


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Check a record against its schema and write it."""
    validate(record, "record", str(path))
    write_json(path, record)


def read_record(path: Path) -> dict[str, Any]:
    """Read and check a record."""
    return validate(read_json(path), "record", str(path))


def result_of(run: Run, record: Mapping[str, Any]) -> Result:
    """What the reports see of a record."""
    curve = {name: [math.nan if item is None else item for item in values] for name, values in record["curve"].items()}
    facts = {key: value for key, value in record.items() if key not in ("run", "status", "reason", "metrics", "curve")}
    return Result(run, record["status"], record["metrics"], curve, facts, "fresh", record["reason"])


def fresh_results(plan: Plan, runs: list[Run], folder: Path = Path()) -> list[Result]:
    """The results of ``runs`` from their record files below ``folder``; a run without one is a result that says "missing"."""
    results = []
    for run in runs:
        path = folder / run.record
        if not path.exists():
            results.append(Result(run, "missing"))
            continue
        record = read_record(path)
        if record["run"] != run.id:
            raise BenchError(f"{path}: holds the record of '{record['run']}'")
        results.append(result_of(run, record))
    return results


def with_curves(results: Iterable[Result], folder: Path = Path()) -> list[Result]:
    """Fresh results that came as rows, with the curves of their records below ``folder``.

    A result whose record is not there, or is of another training than the row (other scores or fingerprint), stays as it is.
    """
    return [_with_curve(result, folder / result.run.record) for result in results]


def _with_curve(result: Result, path: Path) -> Result:
    if result.source != "fresh" or result.curve or not path.exists():
        return result
    record = read_record(path)
    same = dict(result.metrics) == record["metrics"] and result.facts.get("fingerprint") == record["fingerprint"]
    return replace(result, curve=result_of(result.run, record).curve) if same else result
