"""``reports/index.html``: a scoreboard of the papers, and every table and figure that exists, read from the files beside it."""

from __future__ import annotations

import csv
import html as entities
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from bench.plan import BenchError, Figure, Paper, Table
from bench.plan.files import write_atomically
from bench.plan.metrics import METRICS
from bench.report.figures import read_keywords
from bench.report.formatting import counted
from bench.report.render import html
from bench.report.scoreboard import MEANINGS, answer, own_claims, total
from bench.report.table import item_label
from bench.stats import VERDICTS

TABLE_FILES = ("html", "tex", "csv")
FIGURE_FILES = ("svg", "pdf")
NEEDED = {"row", "metric", "status", "scale", "stand_in", "level_verdict", "level_sentence", "gain_verdict"}
NEEDED |= {"paper_p_holm", "paper_significant"}


@dataclass(frozen=True)
class Item:
    """A table or figure. ``files`` are (kind, link relative to the index) of those that exist."""

    label: str
    title: str
    note: str
    files: tuple[tuple[str, str], ...]
    picture: str = ""
    scale: str = ""
    stand_in: bool = False
    higher_is_better: bool = True
    finished: int = 0
    runs: int = 0
    level: Mapping[str, int] = field(default_factory=dict)
    gain: Mapping[str, int] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    claims: int = 0
    significant: int = 0

    @property
    def page(self) -> str:
        return dict(self.files).get("html", "")

    @property
    def trained(self) -> str:
        return f"{self.finished} of {counted(self.runs, 'run')} finished" if self.runs else ""


@dataclass(frozen=True)
class PaperItems:
    """A paper's tables and figures, and what they come to."""

    name: str
    short: str
    title: str
    citation: str
    tables: tuple[Item, ...]
    figures: tuple[Item, ...]

    @property
    def level(self) -> Mapping[str, int]:
        return total(item.level for item in self.tables)

    @property
    def gain(self) -> Mapping[str, int]:
        return total(item.gain for item in self.tables)

    @property
    def answer(self) -> str:
        """Whether its claims hold."""
        reasons = [reason for item in self.tables for reason in item.reasons]
        return answer(self.level, self.gain, reasons, sum(item.finished for item in self.tables))

    @property
    def own(self) -> str:
        """What its own printed numbers carry."""
        return own_claims(sum(item.claims for item in self.tables), sum(item.significant for item in self.tables))

    @property
    def scales(self) -> str:
        return ", ".join(dict.fromkeys(item.scale for item in self.tables if item.scale))

    @property
    def stand_in(self) -> bool:
        return any(item.stand_in for item in self.tables)

    @property
    def lower_is_better(self) -> bool:
        """Whether all its levels are of numbers that are better where they are lower."""
        judged = [item for item in self.tables if item.level]
        return bool(judged) and not any(item.higher_is_better for item in judged)

    @property
    def trained(self) -> str:
        runs = sum(item.runs for item in self.tables)
        return f"{sum(item.finished for item in self.tables)} of {counted(runs, 'run')}" if runs else ""


def index_view(papers: Iterable[Paper], reports: Path) -> tuple[PaperItems, ...]:
    """What exists below ``reports``; a table or figure without files is listed as not made yet.

    Raises
    ------
    BenchError
        If a table's CSV there cannot be read.
    """
    return tuple(
        PaperItems(
            paper.name,
            paper.short,
            paper.title,
            paper.citation,
            tuple(_table(paper, table, reports) for table in paper.tables.values()),
            tuple(_figure(paper, figure, reports) for figure in paper.figures.values()),
        )
        for paper in papers
    )


def comparisons(reports: Path) -> tuple[tuple[str, str], ...]:
    """Link and title of the pages that compare new methods."""
    pages = sorted((reports / "compare").glob("*.html"))
    return tuple((quote(page.relative_to(reports).as_posix()), _title(page)) for page in pages)


def write_index(papers: Iterable[Paper], reports: Path) -> Path:
    """Write ``index.html`` into ``reports``."""
    path = reports / "index.html"
    view = index_view(papers, reports)
    write_atomically(path, html("index.html.j2", papers=view, comparisons=comparisons(reports), meanings=MEANINGS))
    return path


def _table(paper: Paper, table: Table, reports: Path) -> Item:
    files = _files(paper, table.name, TABLE_FILES, reports)
    rows = _rows(reports / paper.name / f"{table.name}.csv") if "csv" in dict(files) else []
    cells = [row for row in rows if row["row"] == "cell"]
    runs = [row for row in rows if row["row"] == "seed"]
    claims = [row for row in cells if row["paper_p_holm"]]
    return Item(
        label=item_label(table.name),
        title=table.title,
        note=table.note,
        files=files,
        scale=", ".join(dict.fromkeys(row["scale"] for row in cells)) if runs else "",
        stand_in=any(row["stand_in"] == "True" for row in runs),
        higher_is_better=all(METRICS[row["metric"]].higher_is_better for row in cells if row["metric"] in METRICS),
        finished=sum(row["status"] == "finished" for row in runs),
        runs=len(runs),
        level=_counts(row["level_verdict"] for row in cells),
        gain=_counts(row["gain_verdict"] for row in cells),
        reasons=_reasons(cells),
        claims=len(claims),
        significant=sum(row["paper_significant"] == "True" for row in claims),
    )


def _figure(paper: Paper, figure: Figure, reports: Path) -> Item:
    files = _files(paper, figure.name, FIGURE_FILES, reports)
    picture = dict(files).get("svg", "")
    scale, stand_in = read_keywords(reports / paper.name / f"{figure.name}.svg") if picture else ("", False)
    return Item(item_label(figure.name), figure.title, figure.note, files, picture, scale, stand_in)


def _files(paper: Paper, name: str, kinds: Iterable[str], reports: Path) -> tuple[tuple[str, str], ...]:
    paths = ((kind, Path(paper.name) / f"{name}.{kind}") for kind in kinds)
    return tuple((kind, quote(path.as_posix())) for kind, path in paths if (reports / path).is_file())


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, restval="")
            if not set(reader.fieldnames or ()) >= NEEDED:
                raise BenchError(f"{path}: not a table of this version; delete it and run again")
            return list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BenchError(f"{path}: cannot be read ({error})") from None


def _reasons(cells: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """Why cells are not comparable, the most frequent reason first."""
    sentences = [row["level_sentence"] for row in cells if row["level_verdict"] == "not comparable"]
    reasons = Counter(sentence.partition(": ")[2].rstrip(".") for sentence in sentences)
    return tuple(reason for reason, _ in reasons.most_common() if reason)


def _counts(names: Iterable[str]) -> dict[str, int]:
    counts = Counter(names)
    return {name: counts[name] for name in VERDICTS if counts[name]}


def _title(page: Path) -> str:
    with page.open(encoding="utf-8", errors="replace") as file:
        found = re.search(r"<title>(.*?)</title>", file.read(4000), re.S)
    return entities.unescape(found[1]).strip() if found else page.stem
