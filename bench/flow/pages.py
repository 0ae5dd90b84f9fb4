"""Inputs of the rules that render, and which pages have to be made again: decided by what they show, not by file times.

Scales take turns under one short name, and a page may be rendered by hand between two calls of the workflow; then the newest
file is not the right one, and what Snakemake remembers of its own jobs does not say so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

from bench.flow.inputs import Flow
from bench.plan.comparison import is_trained
from bench.plan.pages import (
    COMPARE,
    COMPARISON_ENDINGS,
    FIGURE_ENDINGS,
    REPORTS,
    SHORTEST,
    SUMMARY,
    TABLE_ENDINGS,
    TUNE,
    TUNE_ENDINGS,
    WHOLE,
    Page,
    long_name,
    site,
)
from bench.probes import probe_path
from bench.records.aliases import is_alias
from bench.records.comparison import runs_of
from bench.records.sources import Sources, sources_of, sources_of_comparison, sources_of_site, sources_of_tuning
from bench.records.summary import is_current


class Pages:
    """The pages of a workflow.

    Parameters
    ----------
    flow
        The workflow.
    again
        Called with a file of each page that does not show what it would show now; its job has to run.
    """

    def __init__(self, flow: Flow, again: Callable[[str], None]) -> None:
        self.flow = flow
        self.site = site(flow.scale).as_posix()
        self._again = again
        self._outdated: set[Path] = set()
        self._checked: set[Page] = set()
        self._short: dict[Path, Path] = {}

    def records(self, paper: str, item: str) -> list[str]:
        """The records that a table or figure shows."""
        plan = self.flow.plan
        figure = plan.paper(paper).figures.get(item)
        more = [probe_path(plan, paper, item)] if figure is not None and figure.probed else []
        endings = TABLE_ENDINGS if figure is None else FIGURE_ENDINGS
        self._check(Page(self.flow.scale, paper, item), lambda: sources_of(plan, paper, item, more), endings)
        return self.flow.records(paper, item)

    def new_records(self, name: str) -> list[str]:
        """The records of a new method; none where it is given as numbers."""
        records, flow = self.flow.new_records(name), self.flow
        trained = is_trained(flow.plan.settings)
        tables = [(each.paper.name, each.table.name) for each in flow.compared]
        runs = runs_of(flow.plan, flow.compared, name) if trained else []
        sources = cache(lambda: sources_of_comparison(flow.plan, tables, runs))
        pages = [Page(flow.scale, COMPARE, name)]
        pages += [Page(flow.scale, paper, f"{table}-with-{name}") for paper, table in tables if trained]
        if not all(is_current(page, sources) for page in pages):
            self._outdate(pages[0], COMPARISON_ENDINGS)
        return records

    def tuning_records(self, name: str) -> list[str]:
        """The records that a tuning's page shows."""
        plan = self.flow.plan
        self._check(Page(self.flow.scale, TUNE, name), lambda: sources_of_tuning(plan, name), TUNE_ENDINGS)
        return self.flow.tuning_records(name)

    def tables_with_new_row(self) -> list[str]:
        """The files of the papers' tables with a new method's row, ``{method}`` in their names; none of mere numbers."""
        if not is_trained(self.flow.plan.settings):
            return []
        return [
            f"{self.site}/{each.paper.name}/{each.table.name}-with-{{method}}{ending}"
            for each in self.flow.compared
            for ending in (*TABLE_ENDINGS, SUMMARY)
        ]

    def tables_and_figures(self, tables: Sequence[str] = (".html",), figures: Sequence[str] = (".svg",)) -> list[str]:
        """Every table and figure of every paper at the workflow's scale, as files with these endings."""
        return [
            f"{self.site}/{name}/{item}{ending}"
            for name, paper in self.flow.papers.items()
            for items, endings in ((paper.tables, tables), (paper.figures, figures))
            for item in items
            for ending in endings
        ]

    def of_index(self) -> list[str]:
        """What the index lists."""
        self._check(Page(self.flow.scale, "", "index"), self._everything, (".html",))
        return self.tables_and_figures()

    def of_document(self) -> list[str]:
        """What the LaTeX document of everything inputs."""
        self._check(Page(self.flow.scale, "", "paper"), self._everything, (".tex",))
        return self.tables_and_figures((".tex", "-notes.tex"), (".pdf",))

    @property
    def short_names(self) -> str:
        """A pattern of the names below ``reports`` that stand for a page of the workflow's scale."""
        default = self.flow.papers[self.flow.plan.settings.paper]
        names = [*map(re.escape, WHOLE), _named(default.tables, SHORTEST)]
        for name, paper in self.flow.papers.items():
            names += [f"{re.escape(name)}/{_named(paper.tables, TABLE_ENDINGS)}"] if paper.tables else []
            names += [f"{re.escape(name)}/{_named(paper.figures, FIGURE_ENDINGS)}"] if paper.figures else []
        names.append(f"{COMPARE}/[^/]+{_any(COMPARISON_ENDINGS)}")
        names.append(f"{TUNE}/{_named(self.flow.plan.tunings, TUNE_ENDINGS)}")
        rows = [path[len(self.site) + 1 :].partition("{method}") for path in self.tables_with_new_row()]
        names += [f"{re.escape(start)}[^/]+{re.escape(end)}" for start, _, end in rows]
        return "|".join(names)

    def of_short(self, short: str) -> str:
        """The page that a short name stands for."""
        alias, page = REPORTS / short, long_name(short, self.flow.scale, self.flow.plan.settings.paper)
        self._short[alias] = page
        if not is_alias(alias, page):
            self._again(alias.as_posix())
        return page.as_posix()

    def start(self) -> None:
        """Before the first job: delete short names that show another page, or one that is to be made again.

        Where that fails, nothing of another scale, and no old rows, must be found under the name that was asked for.
        """
        for alias, page in self._short.items():
            if page in self._outdated or not is_alias(alias, page):
                alias.unlink(missing_ok=True)

    def _everything(self) -> Sources:
        return sources_of_site(self.flow.papers.values(), self.flow.scale)

    def _check(self, page: Page, sources: Callable[[], Sources], endings: Sequence[str]) -> None:
        """Have a page made again that does not show what it would show now; each is looked at once."""
        if page not in self._checked:
            self._checked.add(page)
            if not is_current(page, sources):
                self._outdate(page, endings)

    def _outdate(self, page: Page, endings: Sequence[str]) -> None:
        files = [page.file(ending) for ending in endings]
        self._outdated.update(files)
        self._again(files[0].as_posix())


def _named(names: Iterable[str], endings: Sequence[str]) -> str:
    return f"(?:{'|'.join(map(re.escape, names)) or 'none'}){_any(endings)}"


def _any(endings: Sequence[str]) -> str:
    return f"(?:{'|'.join(map(re.escape, endings))})"
