"""Results of code that has changed since: kept where the settings say so, and marked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace

from bench.plan import BenchError, Cell, Plan
from bench.records.fingerprint import fingerprint
from bench.records.result import Result


def marked(plan: Plan, results: Iterable[Result]) -> Iterator[Result]:
    """``results``, one at a time, with those marked whose code is not today's.

    Only under ``rerun_on_code_change: warn``, and only fresh ones: what is stored says its commit.
    """
    warn = plan.settings.rerun_on_code_change == "warn"
    return (replace(result, stale=_is_stale(plan, result)) if warn else result for result in results)


def code_of(plan: Plan, cells: Iterable[Cell]) -> str:
    """One hash of all the code that ``cells`` are trained by, for what is rendered anew when marks may change."""
    if plan.settings.rerun_on_code_change != "warn":
        return ""
    marks = {_code_now(plan, cell) for cell in cells}
    return hashlib.sha256(" ".join(sorted(marks)).encode()).hexdigest()[:16]


def _code_now(plan: Plan, cell: Cell) -> str:
    """The hash of the code that trains a cell today, which is the same for all of its seeds."""
    known = plan.kept.setdefault("code of cells", {})
    if cell not in known:
        known[cell] = fingerprint(plan, cell.run(plan.settings.seeds[0]))["code"]
    return str(known[cell])


def _is_stale(plan: Plan, result: Result) -> bool:
    mark = result.facts.get("fingerprint")
    if result.source != "fresh" or not isinstance(mark, dict) or result.status not in ("finished", "diverged"):
        return False
    try:
        return bool(mark.get("code") != _code_now(plan, result.run.cell))
    except BenchError:  # rows of a run that this plan does not know
        return False
