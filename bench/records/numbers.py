"""Numbers of a method that was trained elsewhere: a CSV with a row per run, or with mean, sd and n.

Nothing is known of how they came about, so whatever is made of them has to say so.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bench.plan import BenchError, one_of
from bench.plan.metrics import SCORES, counterpart
from bench.plan.percentages import Spread, Written, percentage, refuse_fractions, refuse_spreads
from bench.plan.tables import decoded, table_in

LARGEST = 4 * 2**20  # bytes
RUN_COLUMNS = "dataset, backbone, value"
SUMMARY_COLUMNS = "dataset, backbone, mean, sd, n"
RUNS, SUMMARY = set(RUN_COLUMNS.split(", ")), set(SUMMARY_COLUMNS.split(", "))
OPTIONAL = {"metric", "seed"}
DIVERGED = "diverged"  # stands in place of a number
Place = tuple[str, str, str]  # dataset, backbone, metric


@dataclass(frozen=True)
class Numbers:
    """Of one cell, in percent: the values of its runs, or where they are not given mean, sd (NaN if unknown) and n.

    ``n`` counts the runs, and ``diverged`` those among them that have no number.
    """

    values: tuple[float, ...] = ()
    mean: float = math.nan
    sd: float = math.nan
    n: int = 0
    diverged: int = 0

    def flipped(self) -> Numbers:
        """An accuracy as an error rate, or the other way round."""
        return replace(self, values=tuple(100.0 - value for value in self.values), mean=100.0 - self.mean)


def read_numbers(path: Path) -> dict[Place, Numbers]:
    """Read a file of numbers.

    The columns are ``dataset, backbone, value`` (and ``seed``), a row per run, or ``dataset, backbone, mean, sd, n``; beside
    either ``metric`` may stand, which is ``accuracy`` where it does not. The word ``diverged`` in place of a number says that
    the run has none, or no run of the cell.

    Raises
    ------
    BenchError
        Other columns, no number, not a percentage, fractions among percentages, an sd that cannot be, a second row for a cell
        or seed, a cell both as accuracy and as error; told with its line.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise BenchError(f"{path}: larger than {LARGEST} bytes")
        text, separator = table_in(decoded(path.read_bytes()))
        if "\0" in text:
            raise BenchError(f"{path}: not text; allowed: UTF-8, or UTF-16 with a byte order mark")
        blank = len(text) - len(text.lstrip("\n"))
        lines = io.StringIO(text[blank:], newline="")
        reader = csv.DictReader(lines, delimiter=separator, strict=True, skipinitialspace=separator != "\t")
        reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
        columns = set(reader.fieldnames or ())
        known = next((names for names in (RUNS, SUMMARY) if names <= columns <= names | OPTIONAL), None)
        if known is None or len(columns) != len(reader.fieldnames or ()):
            there = ", ".join(reader.fieldnames or ())[:200] or "nothing"
            raise BenchError(f"{path}: the columns must be {RUN_COLUMNS} or {SUMMARY_COLUMNS}; found {there}")
        rows = [(f"{path}, line {blank + reader.line_num}", row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BenchError(f"{path}: cannot be read ({error})") from None
    if not rows:
        raise BenchError(f"{path}: holds no numbers")
    found = _runs(rows) if known == RUNS else _summaries(rows)
    for place in found:
        if found.keys() & {(*place[:2], counterpart(place[2]))}:
            raise BenchError(f"{path}: {', '.join(place[:2])} has {place[2]} and {counterpart(place[2])}; one says the other")
    return found


def numbers_at(found: Mapping[Place, Numbers], dataset: str, backbone: str, metric: str) -> Numbers | None:
    """The numbers of a cell; an accuracy serves where an error rate is asked for."""
    other = found.get((dataset, backbone, counterpart(metric)))
    return found.get((dataset, backbone, metric)) or (other.flipped() if other else None)


Rows = Iterable[tuple[str, dict[str, str]]]


def _runs(rows: Rows) -> dict[Place, Numbers]:
    runs: dict[Place, list[float]] = {}
    seen: set[tuple[Place, str]] = set()
    written = []
    for where, row in rows:
        place, seed = _place(row, where), _seed(row.get("seed") or "", where)
        if seed and (place, seed) in seen:
            raise BenchError(f"{where}: a second number for seed {seed[:20]} of {', '.join(place)}")
        seen.add((place, seed))
        number = _number(row["value"], "value", where)
        runs.setdefault(place, []).append(number)
        if math.isfinite(number):
            written.append(Written(where, (place[0], place[2]), row["value"], number))
    refuse_fractions(written)
    found = {}
    for place, numbers in runs.items():
        values = tuple(filter(math.isfinite, numbers))
        found[place] = Numbers(values, n=len(numbers), diverged=len(numbers) - len(values))
    return found


def _summaries(rows: Rows) -> dict[Place, Numbers]:
    found: dict[Place, Numbers] = {}
    written, spreads = [], []
    for where, row in rows:
        place = _place(row, where)
        if place in found:
            raise BenchError(f"{where}: a second row for {', '.join(place)}")
        count = row["n"].strip().removesuffix(".0")
        if not (count.isascii() and count.isdigit() and 0 < int(count[:7]) < 10**6):
            raise BenchError(f"{where}: n '{row['n'][:40]}' is not a positive whole number")
        n, mean = int(count), _number(row["mean"], "mean", where)
        given = row["sd"].strip()
        if not math.isfinite(mean):
            if given:
                raise BenchError(f"{where}: sd '{given[:40]}' beside a mean that is '{DIVERGED}'; leave it empty")
            found[place] = Numbers(n=n, diverged=n)
            continue
        sd = percentage(given, "sd", where) if given else math.nan
        found[place] = Numbers((), mean, sd, n)
        written.append(Written(where, (place[0], place[2]), row["mean"], mean))
        if given:
            spreads.append(Spread(written[-1], given, sd, n))
    refuse_fractions(written)
    refuse_spreads(spreads)
    return found


def _place(row: Mapping[str, str | None], where: str) -> Place:
    dataset, backbone = ((row[name] or "").strip() for name in ("dataset", "backbone"))
    metric = (row.get("metric") or "accuracy").strip()
    if not dataset or not backbone or None in row or None in row.values():
        raise BenchError(f"{where}: a field is missing, or there is one too many")
    if metric not in SCORES:
        raise BenchError(f"{where}: unknown metric '{metric[:40]}'; {one_of(metric, SCORES)}")
    return dataset, backbone, metric


def _seed(text: str, where: str) -> str:
    """A seed as it is counted: 0 and 0.0, as tables saved again have it, are one."""
    seed = text.strip().removesuffix(".0")
    if seed and not (seed.isascii() and seed.isdigit()):
        raise BenchError(f"{where}: seed '{seed[:40]}' is not a whole number")
    return seed.lstrip("0") or seed[:1]


def _number(text: str, column: str, where: str) -> float:
    """A percentage; NaN where the word for a run without one stands."""
    return math.nan if text.strip().lower() == DIVERGED else percentage(text, column, where)
