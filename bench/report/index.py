"""``reports/index.html``: every table and figure that exists, with its scale and verdicts, read from the files beside it."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bench.plan import BenchError, Figure, Paper, Table
from bench.plan.files import write_atomically
from bench.report.numerals import counted
from bench.report.render import html
from bench.report.table import item_label
from bench.stats import VERDICTS

TABLE_FILES = ("html", "tex", "csv")
FIGURE_FILES = ("svg", "pdf")


@dataclass(frozen=True)
class Item:
    """A table or figure. ``files`` are (kind, link relative to the index) of those that exist."""

    label: str
    title: str
    note: str
    files: tuple[tuple[str, str], ...]
    picture: str
    scale: str
    stand_in: bool
    runs: str
    level: Mapping[str, int]
    gain: Mapping[str, int]

    @property
    def page(self) -> str:
        return dict(self.files).get("html", "")


@dataclass(frozen=True)
class PaperItems:
    short: str
    title: str
    citation: str
    tables: tuple[Item, ...]
    figures: tuple[Item, ...]


def index_view(papers: Iterable[Paper], reports: Path) -> tuple[PaperItems, ...]:
    """What exists below ``reports``; a table or figure without files is listed as not made yet.

    Raises
    ------
    BenchError
        If a table's CSV there cannot be read.
    """
    return tuple(
        PaperItems(
            paper.short,
            paper.title,
            paper.citation,
            tuple(_table(paper, table, reports) for table in paper.tables.values()),
            tuple(_figure(paper, figure, reports) for figure in paper.figures.values()),
        )
        for paper in papers
    )


def write_index(papers: Iterable[Paper], reports: Path) -> Path:
    """Write ``index.html`` into ``reports``."""
    path = reports / "index.html"
    write_atomically(path, html("index.html.j2", papers=index_view(papers, reports)))
    return path


def _table(paper: Paper, table: Table, reports: Path) -> Item:
    files = _files(paper, table.name, TABLE_FILES, reports)
    rows = _rows(reports / paper.name / f"{table.name}.csv") if "csv" in dict(files) else []
    cells = [row for row in rows if row["row"] == "cell"]
    runs = [row for row in rows if row["row"] == "seed"]
    finished = sum(row["status"] == "finished" for row in runs)
    return Item(
        label=item_label(table.name),
        title=table.title,
        note=table.note,
        files=files,
        picture="",
        scale=", ".join(dict.fromkeys(row["scale"] for row in cells)),
        stand_in=any(row["stand_in"] == "True" for row in runs),
        runs=f"{finished} of {counted(len(runs), 'run')} finished" if runs else "",
        level=_counts(row["level_verdict"] for row in cells),
        gain=_counts(row["gain_verdict"] for row in cells),
    )


def _figure(paper: Paper, figure: Figure, reports: Path) -> Item:
    files = _files(paper, figure.name, FIGURE_FILES, reports)
    picture = dict(files).get("svg", "")
    return Item(item_label(figure.name), figure.title, figure.note, files, picture, "", False, "", {}, {})


def _files(paper: Paper, name: str, kinds: Iterable[str], reports: Path) -> tuple[tuple[str, str], ...]:
    paths = ((kind, Path(paper.name) / f"{name}.{kind}") for kind in kinds)
    return tuple((kind, quote(path.as_posix())) for kind, path in paths if (reports / path).is_file())


def _rows(path: Path) -> list[dict[str, str]]:
    needed = {"row", "status", "scale", "stand_in", "level_verdict", "gain_verdict"}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, restval="")
            if not needed <= set(reader.fieldnames or ()):
                raise BenchError(f"{path}: not a table of this version; delete it and run again")
            return list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BenchError(f"{path}: cannot be read ({error})") from None


def _counts(names: Iterable[str]) -> dict[str, int]:
    counts = Counter(names)
    return {name: counts[name] for name in VERDICTS if counts[name]}
