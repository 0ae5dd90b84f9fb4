"""The few sentences above a table. Each has a golden test: generated prose that is wrong is worse than none."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from bench.report.formatting import counted, interval, probability, signed
from bench.report.verdicts import GainView
from bench.report.view import CellView
from bench.stats import PairedOverCells, Tally, comparison_headline


def gains_sentence(gains: Iterable[GainView], baseline: str) -> str:
    """How many gains over the baseline the tests hold for."""
    outcomes = [gain.outcome for gain in gains if gain.p_adjusted.known]
    if not outcomes:
        return ""
    found, worse = outcomes.count("better"), outcomes.count("worse")
    below = f", {worse} significantly worse" if worse else ""
    return (
        f"Of {counted(len(outcomes), 'difference')} to {baseline}, {found} {'is' if found == 1 else 'are'} significantly better"
        f"{below} (Welch's t, Holm over the table, 5\u00a0%)."
    )


def claims_sentence(cells: Iterable[CellView], short: str) -> str:
    """How many of the paper's gains its own numbers carry."""
    tested = [cell.paper for cell in cells if cell.paper and cell.paper.p_adjusted.known]
    if not tested:
        return ""
    found = sum(paper.significant for paper in tested)
    return (
        f"By its own printed means, deviations and numbers of runs, {found} of the {counted(len(tested), 'gain')} "
        f"in the {short} paper {'is' if found == 1 else 'are'} significant by the same test."
    )


def beyond_sentence(paired: PairedOverCells) -> str:
    """What may be said beyond these columns: a test over the columns' means, or why there is none."""
    if paired.reason:
        return f"{paired.reason[0].upper()}{paired.reason[1:]}."
    return (
        f"{signed(paired.estimate)} pp, {interval(paired.low, paired.high)}, over {paired.cells} columns (paired t, p "
        f"{probability(paired.t_p)}; Wilcoxon, p {probability(paired.wilcoxon_p)})."
    )


def headline(label: str, other: str, tally: Tally, unit: str, smallest: float, stand_in: bool) -> str:
    """What was found against the strongest stored method, first of all."""
    start = "On stand-in data, " if stand_in else ""
    return f"{start}{label}: {comparison_headline(tally, other, unit, smallest)}."


def choice(other: str, columns: str) -> str:
    """Why the first sentence is about that method."""
    return f"{other} has the best mean of the stored methods over {columns}; the new method had no part in that choice."


def tally_words(tally: Tally) -> str:
    """A tally in few words: ``better on 2, no difference found on 1``."""
    counts = (
        ("better on", tally.better), ("worse on", tally.worse), ("no difference found on", tally.undecided),
        ("not testable on", tally.untested),
    )  # fmt: skip
    return ", ".join(f"{words} {count}" for words, count in counts if count) or "not compared"


def unsettled_sentence(other: str, differences: Sequence[tuple[str, float, int | None]]) -> str:
    """How many seeds would settle what is open against one method.

    Parameters
    ----------
    differences
        Column, observed difference in pp, and how many seeds per method would find one of that size (``None``: no number).
    """
    known = [(column, value, seeds) for column, value, seeds in differences if seeds is not None and math.isfinite(value)]
    if not known:
        return ""
    words = ", ".join(f"{counted(seeds, 'seed')} on {column} ({signed(value)} pp)" for column, value, seeds in known)
    return f"If the differences to {other} that are open were the true ones, this would settle them with 80 % power: {words}."


def left_out_sentence(headings: Sequence[str]) -> str:
    """Which columns of the table are not compared in."""
    return f"Left out, because nothing is stored there: {', '.join(headings)}." if headings else ""


def numbers_sentence(file: str) -> str:
    """How far numbers can be trusted that nobody trained here."""
    return (
        f"The new method's numbers are read from {file}; it was not trained here, so neither its recipe nor its data, budget "
        "or code could be checked against those of the stored results."
    )
