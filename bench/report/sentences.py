"""The few sentences above a table. Each has a golden test: generated prose that is wrong is worse than none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.report.formatting import counted, interval, probability, signed
from bench.report.view import CellView
from bench.stats import PairedOverCells


def gains_sentence(cells: Sequence[CellView], baseline: str) -> str:
    """How many gains over the baseline the tests hold for."""
    tested = [cell for cell in cells if cell.gain and cell.gain.p_adjusted.known]
    if not tested:
        return ""
    outcomes = [cell.gain.outcome for cell in tested if cell.gain]
    found, worse = outcomes.count("better"), outcomes.count("worse")
    below = f", {worse} significantly worse" if worse else ""
    return (
        f"Of {counted(len(tested), 'difference')} to {baseline}, {found} {'is' if found == 1 else 'are'} significantly better"
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


def settings_sentence(paired: PairedOverCells) -> str:
    """What may be said about new settings: a test over the columns' means, or why there is none."""
    if paired.reason:
        return f"{paired.reason[0].upper()}{paired.reason[1:]}."
    return (
        f"{signed(paired.estimate)} pp, {interval(paired.low, paired.high)}, over {paired.cells} columns (paired t, p "
        f"{probability(paired.t_p)}; Wilcoxon, p {probability(paired.wilcoxon_p)})."
    )
