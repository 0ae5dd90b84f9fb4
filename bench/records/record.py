"""A record: one self-contained JSON per run."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bench.plan import BenchError, Run
from bench.plan.errors import listed_words
from bench.plan.files import write_atomically
from bench.plan.schema import validate_many
from bench.records.files import DamagedFile, json_text, read_json, read_text
from bench.records.result import Result

SCHEMA = 1
# As one reads it; the older version sorted the keys, and either is read.
ORDER = (
    "run", "status", "reason", "attempt", "metrics", "cost", "data", "teachers", "weights", "precision", "hardware", "versions",
    "git", "claims", "fingerprint", "schema", "hits", "curve", "config", "sources",
)  # fmt: skip


class NewerRecord(BenchError):
    """A record that a newer version of the suite wrote: to be kept, not to be made again."""


@dataclass(frozen=True)
class State:
    """What the workflow must know of a record before it plans: whether it is there and whole, and which attempt it is of."""

    kind: Literal["missing", "damaged", "failed", "done"]
    attempt: int = 0


class UnwritableRecord(BenchError):
    """A record that cannot be written as it is: against its schema, or with something in it that JSON lacks."""


def write_record(path: Path, record: Mapping[str, Any]) -> None:
    """Check a record against its schema and write it in reading order: what came out first, curve, config and sources last.

    Raises
    ------
    UnwritableRecord
        If it is against the schema or holds what JSON lacks; nothing is written.
    """
    known = [name for name in ORDER if name in record]
    ordered = {name: record[name] for name in (*known, *(name for name in record if name not in ORDER))}
    try:
        text = json_text(ordered)
        validate_many(ordered, "record", path.name)
    except (BenchError, TypeError, ValueError, RecursionError) as error:
        raise UnwritableRecord(f"its record cannot be written: {error}") from None
    write_atomically(path, text)


def read_record(path: Path, curve: bool = True) -> dict[str, Any]:
    """Read and check a record; without its curve where that is not asked for.

    Raises
    ------
    DamagedFile
        If it is not as it was written.
    NewerRecord
        If a newer version of the suite wrote it.
    BenchError
        If there is none, or it is against the schema.
    """
    record = read_json(path, "" if curve else "curve")
    version = record.get("schema")
    if isinstance(version, int) and version > SCHEMA:
        raise NewerRecord(
            f"{path}: a record of version {version}, and this version of the suite reads versions up to {SCHEMA}; "
            "update the suite, or move the record away to train again"
        )
    return validate_many(record, "record", str(path))


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


def result_of(run: Run, record: Mapping[str, Any], curve: bool = True) -> Result:
    """What the reports see of a record; without its curve where that is not asked for."""
    values = record["curve"].items() if curve else ()
    kept = {name: [math.nan if item is None else item for item in column] for name, column in values}
    facts = {key: value for key, value in record.items() if key not in ("run", "status", "reason", "metrics", "curve")}
    return Result(run, record["status"], record["metrics"], kept, facts, "fresh", record["reason"])


def fresh_results(runs: Iterable[Run], folder: Path = Path(), curve: bool = True) -> Iterator[Result]:
    """The results of ``runs`` from their record files below ``folder``; a run without one is a result that says "missing".

    One at a time: tens of thousands need not fit into the memory.

    Raises
    ------
    BenchError
        If records are damaged or are those of other runs. Reading renames nothing: the workflow's plan finds the damage too,
        and the job that makes a record mends it.
    """
    damaged: list[Run] = []
    for run in runs:
        path = folder / run.record
        if not path.exists():
            yield Result(run, "missing")
            continue
        try:
            record = read_record(path, curve)
        except DamagedFile:
            damaged.append(run)
            continue
        if record["run"] != run.id:
            raise BenchError(f"{path}: holds the record of '{record['run']}'")
        yield result_of(run, record, curve)
    if damaged:
        names = listed_words((str(folder / run.record) for run in damaged), 5)
        again = f"the workflow makes them again (without it: python -m bench train {damaged[0].id})"
        raise BenchError(f"damaged: {names}; {again}")
