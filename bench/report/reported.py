"""The papers' printed numbers: ``results/reported/<paper>/<table>.csv``, read strictly.

One row per printed number. ``metric`` is the table's metric, or that with ``_gain`` for a gain printed in brackets.
``value`` and ``sd`` are kept as printed; ``n`` is empty where the paper does not say how many runs stand behind a number. A
literature row of a table has no backbone, and its ``variant`` is the row's ``reported`` id.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bench.plan import BenchError, Entry, Paper, Table, one_of
from bench.plan.metrics import METRICS, SCORES
from bench.plan.percentages import Spread, Written, percentage, refuse_fractions, refuse_spreads
from bench.plan.tables import decoded, table_in
from bench.plan.values import NAME
from bench.stats import Reported

COLUMNS = ("dataset", "backbone", "variant", "metric", "value", "sd", "n", "note")
GAIN = "_gain"
LARGEST_CSV = 4 * 2**20  # bytes; an untrusted file must not fill the memory


class Key(NamedTuple):
    """Where a number stands: the coordinates of a table's entry."""

    dataset: str
    backbone: str
    variant: str
    metric: str

    @classmethod
    def at(cls, entry: Entry) -> Key:
        return cls(entry.dataset, entry.backbone, entry.variant, entry.metric)

    @classmethod
    def reported(cls, entry: Entry) -> Key:
        """Where the reported number beside an entry stands: a setting is printed once for many cells, under a name."""
        return cls(entry.dataset, "", entry.printed, entry.metric) if entry.kind == "setting" else cls.at(entry)

    def of(self, variant: str) -> Key:
        """The same coordinates in another variant's row."""
        return self._replace(variant=variant)

    @property
    def gain(self) -> Key:
        """Where the gain that is printed beside this number stands."""
        return self._replace(metric=self.metric + GAIN)


def column_heading(paper: Paper, place: tuple[str, ...]) -> str:
    """A column as sentences name it: dataset and backbone, the first two of a key."""
    return ", ".join(map(paper.label, place[:2]))


@dataclass(frozen=True)
class ReportedNumber(Reported):
    """A number that the paper prints, with its text as printed."""

    text: str = ""
    sd_text: str = ""
    note: str = ""


def load_reported(folder: Path, paper: Paper, table: str) -> dict[Key, ReportedNumber]:
    """Read a table's printed numbers.

    Parameters
    ----------
    folder
        Holds one folder per paper, as ``Settings.reported``.

    Raises
    ------
    BenchError
        Unknown columns or ids, duplicate rows, text where a number belongs; told in one line.
    """
    path = folder / paper.name / f"{table}.csv"
    source = f"{paper.name}/{table}.csv"
    if table not in paper.tables:
        raise BenchError(f"paper '{paper.name}' has no table '{table}'; {one_of(table, paper.tables)}")
    if not paper.tables[table].printed:
        return {}
    try:
        if path.stat().st_size > LARGEST_CSV:
            raise BenchError(f"{source}: larger than {LARGEST_CSV} bytes")
        text = decoded(path.read_bytes())
    except FileNotFoundError:
        raise BenchError(f"{path}: no such file; it holds the numbers that the paper prints in {table}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BenchError(f"{source}: cannot be read ({error})") from None
    return parse_reported(text, paper, paper.tables[table], source)


def parse_reported(text: str, paper: Paper, table: Table, source: str) -> dict[Key, ReportedNumber]:
    """Read the CSV text of a table's printed numbers; ``source`` names it in faults."""
    text, separator = table_in(text)
    blank = len(text) - len(text.lstrip("\n"))
    reader = csv.reader(io.StringIO(text[blank:], newline=""), delimiter=separator, strict=True)
    keys = {Key.reported(entry) for entry in table.entries()}
    found: dict[Key, ReportedNumber] = {}
    places: dict[Key, str] = {}
    try:
        header = [name.strip() for name in next(reader, [])]
        if tuple(header) != COLUMNS:
            raise BenchError(f"{source}: the columns must be {','.join(COLUMNS)}; found {','.join(header)[:200] or 'nothing'}")
        for fields in reader:
            where = f"{source}, line {blank + reader.line_num}"
            if len(fields) != len(COLUMNS):
                raise BenchError(f"{where}: {len(fields)} fields instead of {len(COLUMNS)}")
            row = dict(zip(COLUMNS, fields, strict=True))
            key = _key(row, paper, keys, where)
            if key in found:
                raise BenchError(f"{where}: a second number for {', '.join(filter(None, key))}")
            found[key] = _reported(row, key.metric, where)
            places[key] = where
    except csv.Error as error:
        raise BenchError(f"{source}, line {reader.line_num}: not valid CSV ({error})") from None
    _refuse_units(found, places)
    return found


def _refuse_units(found: Mapping[Key, ReportedNumber], places: Mapping[Key, str]) -> None:
    """Refuse a fraction among the percentages of a column, and standard deviations that cannot be."""
    scores = [
        (Written(places[key], (key.dataset, key.metric), number.text, number.value), number)
        for key, number in found.items()
        if key.metric in SCORES
    ]
    refuse_fractions(written for written, _ in scores)
    refuse_spreads(Spread(each, number.sd_text, number.sd, number.n or 0) for each, number in scores if number.sd is not None)


def _key(row: Mapping[str, str], paper: Paper, keys: set[Key], where: str) -> Key:
    key = Key(row["dataset"], row["backbone"], row["variant"], row["metric"])
    for column, word in zip(Key._fields, key, strict=True):
        if word and not NAME.fullmatch(word):
            raise BenchError(f"{where}: '{word[:80]}' is not an id ({column}); allowed: letters, digits, . _ + -")
    datasets = {known.dataset for known in keys}
    if key.dataset not in datasets:
        raise BenchError(f"{where}: unknown dataset '{key.dataset}'; {one_of(key.dataset, datasets)}")
    if key.backbone and key.variant not in paper.variants:
        raise BenchError(f"{where}: unknown variant '{key.variant}'; {one_of(key.variant, paper.variants)}")
    if key._replace(metric=key.metric.removesuffix(GAIN)) not in keys:
        raise BenchError(f"{where}: the table has no place for {', '.join(filter(None, key))}")
    return key


def _reported(row: Mapping[str, str], metric: str, where: str) -> ReportedNumber:
    facts = METRICS[metric.removesuffix(GAIN)]
    if facts.kind == "score":
        value = _percent(row["value"], "value", where, -100.0 if metric.endswith(GAIN) else 0.0)
        sd = _percent(row["sd"], "sd", where, 0.0) if row["sd"] else None
    else:
        value = _number(row["value"], "value", where)
        sd = _number(row["sd"], "sd", where) if row["sd"] else None
    if sd is not None and sd < 0:
        raise BenchError(f"{where}: sd '{row['sd']}' is negative")
    if row["n"] and not (row["n"].isascii() and row["n"].isdigit() and 0 < int(row["n"][:7]) < 10**6):
        raise BenchError(f"{where}: n '{row['n'][:40]}' is not a positive whole number")
    return ReportedNumber(value, sd, int(row["n"]) if row["n"] else None, row["value"], row["sd"], row["note"])


def _percent(text: str, column: str, where: str, lowest: float) -> float:
    """A percentage as printed, without its sign, which pages and LaTeX write themselves."""
    if "%" in text:
        raise BenchError(f"{where}: {column} '{text[:40]}' is not a number; leave the sign of percent out")
    return percentage(text, column, where, lowest)


def _number(text: str, column: str, where: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0.0 <= number < math.inf:
        raise BenchError(f"{where}: {column} '{text[:40]}' is not a number; allowed: 0 and above")
    return number
