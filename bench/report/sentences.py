"""What tables and comparisons say beside the findings of `bench.stats`; every sentence has a golden test."""

from __future__ import annotations

from collections.abc import Sequence

from bench.stats import Counts
from bench.stats.words import counted, listed


def choice(others: Sequence[str], columns: str) -> str:
    """Why the first sentence is about that method; several share the best mean where they tie exactly."""
    shared = "has the best mean" if len(others) == 1 else "share the best mean exactly"
    start = f"{listed(list(others))} {shared} of the stored methods over {columns}"
    return f"{start}; the new method had no part in that choice."


def counts_words(counts: Counts) -> str:
    """Outcomes in few words: ``better in 2, open in 1``."""
    each = (
        ("better in", counts.better),
        ("worse in", counts.worse),
        ("open in", counts.open),
        ("not judged in", counts.not_judged),
    )
    return ", ".join(f"{words} {count}" for words, count in each if count) or "not compared"


def tries_sentence(earlier: int) -> str:
    """How many versions of the new method were compared before; empty where this is the first."""
    if not earlier:
        return ""
    tries = f"{counted(earlier, 'earlier version')} of it {'was' if earlier == 1 else 'were'} compared here"
    return f"{tries}: the best of several tries looks better than it is."


def not_stored_sentence(headings: Sequence[str]) -> str:
    """Which columns of the table are not compared in."""
    return f"Left out, because nothing is stored there: {', '.join(headings)}." if headings else ""


def numbers_sentence(file: str) -> str:
    """How far numbers can be trusted that nobody trained here."""
    return (
        f"The new method's numbers are read from {file}; it was not trained here, so neither its recipe nor its data, budget "
        "or code could be checked against those of the stored results."
    )
