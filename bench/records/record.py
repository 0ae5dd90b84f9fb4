"""A record: one self-contained JSON per run."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from bench.plan import BenchError, Plan, Run
from bench.plan.schema import validate_many
from bench.records.files import DamagedFile, read_json, read_text, set_aside, write_json
from bench.records.result import Result

SCHEMA = 1
LISTED = 5  # damaged files that one line names before it counts the rest


@dataclass(frozen=True)
class State:
    """What the workflow must know of a record before it plans: whether it is there and whole, and which attempt it is of."""

    kind: Literal["missing", "damaged", "failed", "done"]
    attempt: int = 0


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Check a record against its schema and write it."""
    validate_many(record, "record", str(path))
    write_json(path, record)


def read_record(path: Path, curve: bool = True) -> dict[str, Any]:
    """Read and check a record; without its curve where that is not asked for.

    Raises
    ------
    DamagedFile
        If it is not as it was written.
    BenchError
        If there is none, or it is against the schema.
    """
    return validate_many(read_json(path, "" if curve else "curve"), "record", str(path))


def state_of(path: Path) -> State:
    """A record's state without reading it in full, since the workflow asks for thousands at every start."""
    try:
        text = read_text(path)
    except DamagedFile:
        return State("damaged")
    except BenchError:
        return State("missing")
    # Keys of the top level, and nothing else, stand behind a line break and one space.
    attempt = re.search(rb'\n "attempt": (\d{1,6}),?\n', text)
    return State("failed" if b'\n "status": "failed"' in text else "done", int(attempt[1]) if attempt else 0)


def mend(run: Run) -> str:
    """Put the copy that a run's workspace keeps in the place of a damaged record; says in a few words what became of it.

    Where that copy is gone or damaged too, the record is set aside, and the workflow trains the run again.
    """
    path, copy = Path(run.record), Path(run.workspace) / "record.json"
    aside = set_aside(path)
    try:
        record = read_record(copy)
    except BenchError:
        record = {}
    if record.get("run") != run.id:
        return f"set aside as {aside.name}, it is made again"
    write_record(path, record)
    return f"set aside as {aside.name}, its copy in {copy.parent} takes its place"


def result_of(run: Run, record: Mapping[str, Any], curve: bool = True) -> Result:
    """What the reports see of a record; without its curve where that is not asked for."""
    values = record["curve"].items() if curve else ()
    kept = {name: [math.nan if item is None else item for item in column] for name, column in values}
    facts = {key: value for key, value in record.items() if key not in ("run", "status", "reason", "metrics", "curve")}
    return Result(run, record["status"], record["metrics"], kept, facts, "fresh", record["reason"])


def fresh_results(plan: Plan, runs: list[Run], folder: Path = Path()) -> list[Result]:
    """The results of ``runs`` from their record files below ``folder``; a run without one is a result that says "missing".

    Raises
    ------
    BenchError
        If records are damaged, which are then set aside, or are those of other runs.
    """
    return list(each_fresh_result(runs, folder))


def each_fresh_result(runs: Iterable[Run], folder: Path = Path(), curve: bool = True) -> Iterator[Result]:
    """As :func:`fresh_results`, one at a time: tens of thousands need not fit into the memory."""
    damaged: list[Path] = []
    for run in runs:
        path = folder / run.record
        if not path.exists():
            yield Result(run, "missing")
            continue
        try:
            record = read_record(path, curve)
        except DamagedFile:
            damaged.append(set_aside(path).with_name(path.name))
            continue
        if record["run"] != run.id:
            raise BenchError(f"{path}: holds the record of '{record['run']}'")
        yield result_of(run, record, curve)
    if damaged:
        more = f" and {len(damaged) - LISTED} more" if len(damaged) > LISTED else ""
        names = ", ".join(map(str, damaged[:LISTED]))
        raise BenchError(f"damaged: {names}{more}; set aside as *.damaged, the same command makes them again")


def with_curves(results: Iterable[Result], folder: Path = Path()) -> list[Result]:
    """Fresh results that came as rows, with the curves of their records below ``folder``.

    A result whose record is not there, or is of another training than the row (other scores or fingerprint), stays as it is.
    """
    return [_with_curve(result, folder / result.run.record) for result in results]


def _with_curve(result: Result, path: Path) -> Result:
    if result.source != "fresh" or result.curve or not path.exists():
        return result
    try:
        record = read_record(path)
    except DamagedFile:  # the next call of the workflow mends it
        return result
    same = dict(result.metrics) == record["metrics"] and result.facts.get("fingerprint") == record["fingerprint"]
    return replace(result, curve=result_of(result.run, record).curve) if same else result
