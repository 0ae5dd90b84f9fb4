"""``index.html`` of a scale: a scoreboard of the papers, and every table and figure that is rendered, by their summaries."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bench.plan import Figure, Paper, Table
from bench.plan.pages import COMPARE, Page
from bench.records.sources import sources_of_site
from bench.records.summary import Summary, comparisons_in, summary_at, write_rendered
from bench.report.commands import page_command
from bench.report.printed import paper_sentence
from bench.report.render import html
from bench.report.scoreboard import MEANINGS, answer, total
from bench.report.table import item_label
from bench.stats.words import counted

ENDINGS = {"table": (".html", ".tex", ".csv"), "figure": (".svg", ".pdf")}
TRIES = 3  # a page that is rendered meanwhile makes another index


@dataclass(frozen=True)
class Item:
    """A table or figure. ``summary`` is of nothing where it is not rendered, and then ``command`` makes it.

    Links are relative to the index.
    """

    kind: str
    label: str
    title: str
    summary: Summary
    command: str

    @property
    def files(self) -> tuple[tuple[str, str], ...]:
        """Kind and link of its files."""
        names = [(ending[1:], self.summary.name + ending) for ending in ENDINGS[self.kind]]
        return tuple((kind, quote(f"{self.summary.folder}/{name}")) for kind, name in names if name in self.summary.files)

    @property
    def page(self) -> str:
        return dict(self.files).get("html", "")

    @property
    def picture(self) -> str:
        return dict(self.files).get("svg", "")

    @property
    def trained(self) -> str:
        return f"{self.summary.finished} of {counted(self.summary.runs, 'run')} finished" if self.summary.runs else ""


@dataclass(frozen=True)
class PaperItems:
    """A paper's tables and figures, and what they come to; ``own`` says what its own printed numbers carry."""

    paper: Paper
    tables: tuple[Item, ...]
    figures: tuple[Item, ...]
    own: str = ""

    @property
    def found(self) -> list[Summary]:
        return [item.summary for item in self.tables]

    @property
    def absent(self) -> int:
        """How many tables and figures are not made yet."""
        return sum(not item.files for item in (*self.tables, *self.figures))

    @property
    def level(self) -> dict[str, int]:
        return total(each.level for each in self.found)

    @property
    def gain(self) -> dict[str, int]:
        return total(each.gain for each in self.found)

    @property
    def answer(self) -> str:
        """Whether its claims hold."""
        if not _is_printed(self.paper):
            return "No paper’s claim: an arrangement of the suite’s own."
        reasons = [reason for each in self.found for reason in each.reasons]
        return answer(self.level, self.gain, reasons, sum(each.finished for each in self.found))

    @property
    def stand_in(self) -> bool:
        return any(each.stand_in for each in self.found)

    @property
    def lower_is_better(self) -> bool:
        """Whether all its levels are of numbers that are better where they are lower."""
        judged = [each for each in self.found if each.level]
        return bool(judged) and not any(each.higher_is_better for each in judged)

    @property
    def trained(self) -> str:
        runs = sum(each.runs for each in self.found)
        return f"{sum(each.finished for each in self.found)} of {counted(runs, 'run')}" if runs else ""


def index_view(
    papers: Iterable[Paper], scale: str, reported: Callable[[str], Path], stored: bool = False, stand_in: bool = False
) -> tuple[PaperItems, ...]:
    """What is rendered of a scale; a table or figure without a summary is listed as not made yet.

    Arrangements of the suite's own, which no paper prints, come last. ``reported`` gives the folder of a paper's printed
    numbers, which need no training; ``stand_in`` says that the scale's trainings need no data of the reader's.
    """
    return tuple(
        PaperItems(
            paper,
            tuple(_item("table", paper, table, scale, stored, stand_in) for table in paper.tables.values()),
            tuple(_item("figure", paper, figure, scale, stored, stand_in) for figure in paper.figures.values()),
            paper_sentence(paper, reported(paper.name)),
        )
        for paper in sorted(papers, key=lambda paper: not _is_printed(paper))
    )


def _is_printed(paper: Paper) -> bool:
    """Whether any of its tables, or a figure, is a paper's."""
    return not paper.tables or any(table.printed for table in paper.tables.values())


def comparison_links(folder: Path) -> tuple[tuple[str, str], ...]:
    """Link and title of the pages that compare new methods."""
    return tuple((quote(f"{COMPARE}/{found.name}.html"), found.title) for found in comparisons_in(folder))


def write_index(
    papers: Iterable[Paper], scale: str, reported: Callable[[str], Path], stored: bool = False, stand_in: bool = False
) -> Path:
    """Write the index of a scale; where a page is rendered at the same time, until it lists that too."""
    papers, page = list(papers), Page(scale, "", "index", stored)
    for _ in range(TRIES):
        sources = sources_of_site(papers, scale, stored)
        view = index_view(papers, scale, reported, stored, stand_in)
        words = f"stored, {scale}" if stored else scale
        text = html(
            "index.html.j2",
            papers=view,
            comparisons=comparison_links(page.site),
            meanings=MEANINGS,
            scale=words,
            stored=stored,
        )
        write_rendered(Summary("index", scale, stored, "", "index", sources=sources), {".html": text})
        if sources == sources_of_site(papers, scale, stored):
            break
    return page.file(".html")


def _item(kind: str, paper: Paper, shown: Table | Figure, scale: str, stored: bool, stand_in: bool) -> Item:
    page = Page(scale, paper.name, shown.name, stored)
    summary = summary_at(page) or Summary(kind, scale, stored, paper.name, shown.name)  # type: ignore[arg-type]
    return Item(kind, item_label(shown.name), shown.title, summary, page_command(page, ENDINGS[kind][0], stand_in))
