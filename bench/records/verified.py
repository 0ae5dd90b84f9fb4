"""Stored results that were trained again: whether the new training came out equal, and the mark that says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bench.plan import Cell, Plan
from bench.records.fingerprint import fingerprint
from bench.records.result import Result
from bench.records.stored_hits import ROUNDING

CAUSES = {"hardware": ("cpu", "gpu", "threads"), "versions": ("torch", "torchvision", "timm", "numpy")}


def differs(old: Result, new: Result) -> str:
    """What a run that was trained again has otherwise than its stored result, and what else was different; empty if equal."""
    if old.status != new.status:
        return f"is '{new.status}' ({new.reason}), was '{old.status}'"
    scores = [
        f"{name} is {new.metrics.get(name, float('nan')):.4f}, was {value:.4f}"
        for name, value in old.metrics.items()
        if not abs(new.metrics.get(name, float("nan")) - value) <= ROUNDING
    ]
    if not scores and (old.hits is None or old.hits == new.hits):
        return ""
    others = [
        f"{name} {ours} here, {theirs} there"
        for group, names in CAUSES.items()
        for name in names
        if (ours := new.facts[group].get(name) or "") != (theirs := old.facts[group].get(name) or "")
    ]
    words = "; ".join(scores) or "other test images are right"
    return f"{words} ({', '.join(others) or 'same machine and versions: the code has changed what is computed'})"


def verified(result: Result, code: str) -> Result:
    """The result, marked as what the code of this fingerprint gives."""
    return replace(result, facts={**result.facts, "verified": {"code": code}})


def edited_since(plan: Plan, results: Iterable[Result]) -> tuple[list[Result], set[Cell]]:
    """The results whose code was edited since they were trained, and their cells that came out equal with today's.

    A cell came out equal where one of its seeds was trained again (``store verify``).
    """
    edited, again = [], set()
    for result in results:
        code = fingerprint(plan, result.run)["code"]
        if result.facts["fingerprint"]["code"] != code:
            edited.append(result)
        if result.facts.get("verified", {}).get("code", "") == code:
            again.add(result.run.cell)
    return edited, again & {result.run.cell for result in edited}
