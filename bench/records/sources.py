"""Digests of what a page is made of: settings, files and records. Two pages of the same sources show the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.plan import Cell, Paper, Plan, Run
from bench.plan.files import listed
from bench.plan.pages import COMPARE, SUMMARY, Page, site
from bench.records.files import checksum_of
from bench.records.fingerprint import short_digest
from bench.records.predictions import predictions_path
from bench.records.stale import code_of
from bench.records.stored import beside_file


@dataclass(frozen=True)
class Sources:
    """What a page is made of.

    Attributes
    ----------
    asked
        Digest of everything but the records: settings, the paper's file, printed numbers.
    records
        Digest of the records; empty while one of them is missing.
    """

    asked: str = ""
    records: str = ""

    def covers(self, now: Sources) -> bool:
        """Whether a page of these sources shows what one of ``now`` would; records that are gone since change nothing."""
        return self.asked == now.asked and bool(self.records) and now.records in ("", self.records)


def sources_of(plan: Plan, paper: str, item: str, more: Iterable[Path] = ()) -> Sources:
    """The sources of a table or figure as they are now.

    Parameters
    ----------
    more
        Further files that it shows.
    """
    files = [plan.settings.paper_file(paper), beside_file(plan.settings.stored_file(plan.scale.name, paper)), *more]
    if item in plan.paper(paper).tables:
        files += [plan.settings.reported_file(paper, item)] if plan.table(paper, item).printed else []
        files += filter(Path.exists, [predictions_path(plan, paper, item)])
    return _sources(plan, plan.cells_of(paper, item), plan.runs_shown(paper, item), files, ())


def sources_of_comparison(plan: Plan, tables: Iterable[tuple[str, str]], runs: Iterable[Run]) -> Sources:
    """The sources of a new method's page as they are now; ``tables`` are paper and name, ``runs`` are its own."""
    runs, tables = list(runs), list(tables)
    settings = plan.settings
    papers = dict.fromkeys(paper for paper, _ in tables)
    files = [settings.stored_file(plan.scale.name, paper) for paper in papers]
    files += [settings.paper_file(paper) for paper in papers]
    files += [settings.reported_file(paper, table) for paper, table in tables]
    words = (*(f"{paper}/{table}" for paper, table in tables), settings.new_method)
    return _sources(plan, dict.fromkeys(run.cell for run in runs), runs, [Path(settings.new_method), *files], words)


def sources_of_tuning(plan: Plan, name: str) -> Sources:
    """The sources of a tuning's page as they are now."""
    tuning = plan.tuning(name)
    runs = dict.fromkeys(run for found in plan.tuning_runs(name).values() for run in found)
    files = [plan.settings.tunings / f"{name}.yaml", plan.settings.paper_file(tuning.paper)]
    return _sources(plan, dict.fromkeys(run.cell for run in runs), runs, files, ())


def sources_of_site(papers: Iterable[Paper], scale: str, stored: bool = False) -> Sources:
    """The sources of what is made of everything that is rendered of a scale: the summaries that are there."""
    items = ((paper.name, name) for paper in papers for name in paper.items)
    files = [Page(scale, paper, name, stored).summary for paper, name in items]
    files += listed(site(scale, stored) / COMPARE, SUMMARY)
    return Sources(short_digest([_content(path) for path in files]), "none")


def _sources(plan: Plan, cells: Iterable[Cell], runs: Iterable[Run], files: Iterable[Path], words: Iterable[str]) -> Sources:
    settings, checksums = plan.settings, [(run.id, checksum_of(Path(run.record))) for run in runs]
    scale = settings.scales / f"{plan.scale.name}.yaml"
    said = [settings.seeds, settings.rerun_on_code_change, code_of(plan, cells), list(words)]
    asked = short_digest([said, [_content(path) for path in (scale, *files)]])
    return Sources(asked, short_digest(checksums) if all(checksum for _, checksum in checksums) else "")


def _content(path: Path) -> tuple[str, str]:
    try:
        return path.name, hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return path.name, ""
