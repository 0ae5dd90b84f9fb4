"""Numbers of a method that was trained elsewhere: a CSV with a row per run, or with mean, sd and n.

Nothing is known of how they came about, so whatever is made of them has to say so.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.plan import BenchError, one_of
from bench.plan.metrics import counterpart, score_names

LARGEST = 4 * 2**20  # bytes
RUN_COLUMNS = "dataset, backbone, value"
SUMMARY_COLUMNS = "dataset, backbone, mean, sd, n"
RUNS, SUMMARY = set(RUN_COLUMNS.split(", ")), set(SUMMARY_COLUMNS.split(", "))
OPTIONAL = {"metric", "seed"}
Place = tuple[str, str, str]  # dataset, backbone, metric


@dataclass(frozen=True)
class Numbers:
    """Of one cell, in percent: the values of its runs, or where they are not given mean, sd (NaN if unknown) and n."""

    values: tuple[float, ...] = ()
    mean: float = math.nan
    sd: float = math.nan
    n: int = 0

    def flipped(self) -> Numbers:
        """An accuracy as an error rate, or the other way round."""
        return Numbers(tuple(100.0 - value for value in self.values), 100.0 - self.mean, self.sd, self.n)


def read_numbers(path: Path) -> dict[Place, Numbers]:
    """Read a file of numbers.

    The columns are ``dataset, backbone, value`` (and ``seed``), a row per run, or ``dataset, backbone, mean, sd, n``; beside
    either ``metric`` may stand, which is ``accuracy`` where it does not.

    Raises
    ------
    BenchError
        Other columns, no number, not a percentage, fractions, a second row for a cell or seed; told with its line.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise BenchError(f"{path}: larger than {LARGEST} bytes")
        text = io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")
        reader = csv.DictReader(text, strict=True, skipinitialspace=True)
        reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
        columns = set(reader.fieldnames or ())
        known = next((names for names in (RUNS, SUMMARY) if names <= columns <= names | OPTIONAL), None)
        if known is None or len(columns) != len(reader.fieldnames or ()):
            there = ", ".join(reader.fieldnames or ())[:200] or "nothing"
            raise BenchError(f"{path}: the columns must be {RUN_COLUMNS} or {SUMMARY_COLUMNS}; found {there}")
        rows = [(f"{path}, line {reader.line_num}", row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BenchError(f"{path}: cannot be read ({error})") from None
    if not rows:
        raise BenchError(f"{path}: holds no numbers")
    found = dict(_runs(rows) if known == RUNS else _summaries(rows))
    values = [value for each in found.values() for value in (each.values or (each.mean,))]
    if max(values) <= 1.0:
        raise BenchError(f"{path}: no number is above 1; percentages are expected, not fractions")
    return found


def numbers_at(found: Mapping[Place, Numbers], dataset: str, backbone: str, metric: str) -> Numbers | None:
    """The numbers of a cell; an accuracy serves where an error rate is asked for."""
    other = found.get((dataset, backbone, counterpart(metric)))
    return found.get((dataset, backbone, metric)) or (other.flipped() if other else None)


def _runs(rows: list[tuple[str, dict[str, str]]]) -> Iterator[tuple[Place, Numbers]]:
    runs: dict[Place, list[float]] = {}
    seen: set[tuple[Place, str]] = set()
    for where, row in rows:
        place, seed = _place(row, where), (row.get("seed") or "").strip()
        if seed and (place, seed) in seen:
            raise BenchError(f"{where}: a second number for seed {seed[:20]} of {', '.join(place)}")
        seen.add((place, seed))
        runs.setdefault(place, []).append(_percent(row["value"], "value", where))
    for place, values in runs.items():
        yield place, Numbers(tuple(values), n=len(values))


def _summaries(rows: list[tuple[str, dict[str, str]]]) -> Iterator[tuple[Place, Numbers]]:
    seen: set[Place] = set()
    for where, row in rows:
        place = _place(row, where)
        if place in seen:
            raise BenchError(f"{where}: a second row for {', '.join(place)}")
        seen.add(place)
        count = (row["n"] or "").strip()
        if not (count.isascii() and count.isdigit() and 0 < int(count[:7]) < 10**6):
            raise BenchError(f"{where}: n '{count[:40]}' is not a positive whole number")
        sd = _percent(row["sd"], "sd", where) if (row["sd"] or "").strip() else math.nan
        yield place, Numbers((), _percent(row["mean"], "mean", where), sd, int(count))


def _place(row: Mapping[str, str | None], where: str) -> Place:
    dataset, backbone = ((row[name] or "").strip() for name in ("dataset", "backbone"))
    metric = (row.get("metric") or "accuracy").strip()
    if not dataset or not backbone or None in row or None in row.values():
        raise BenchError(f"{where}: a field is missing, or there is one too many")
    if metric not in score_names():
        raise BenchError(f"{where}: unknown metric '{metric[:40]}'; {one_of(metric, score_names())}")
    return dataset, backbone, metric


def _percent(text: str | None, column: str, where: str) -> float:
    try:
        number = float(text or "")
    except ValueError:
        number = math.nan
    if not 0.0 <= number <= 100.0:
        raise BenchError(f"{where}: {column} '{(text or '')[:40]}' is not a percentage")
    return number
