"""A table as CSV: a row per cell and a row per run, self-contained, in full precision."""

from __future__ import annotations

import csv
import io
from typing import Any

from bench.report.across.view import AcrossRow
from bench.report.facts import FACTS
from bench.report.formatting import exact
from bench.report.view import CellView, SeedView, TableView

# Column to meaning; the order is that of the columns.
COLUMNS = {
    "row": "'cell' (summary of a cell), 'seed' (one run) or 'across' (a method over all columns); filter by it",
    "table": "the paper's table",
    "scale": "overlay on the paper's recipes",
    "paper": "id of the paper",
    "dataset": "id of the dataset in the paper's table",
    "backbone": "id of the backbone; empty for a literature row",
    "variant": "id of the variant or of the literature row",
    "metric": "what value, mean and sd are; scores are in percent",
    "seed": "seed rows: the run's seed",
    "status": "seed rows: finished, diverged, failed or missing; cell rows: measured, diverged, missing, reported or setting",
    "value": "seed rows: the metric; cell rows: its mean over finished runs",
    "sd": "cell rows: standard deviation (ddof=1)",
    "n": "cell rows: finished runs; across rows: columns",
    "gain": "cell rows: improvement over the baseline in pp, positive is better",
    "gain_low": "lower end of its 95 % interval",
    "gain_high": "upper end of its 95 % interval",
    "p": "Welch's t, two-sided",
    "p_holm": "p with Holm's correction over the table",
    "p_permutation": "exact two-sided permutation test, uncorrected: a cross-check",
    "hedges_g": "gain in pooled standard deviations, corrected for small samples",
    "superiority": "probability that a run is better than one of the baseline",
    "seeds_to_settle": "seeds per method that would find that gain with 80 % power, where no difference was found",
    "dagger": "True where significantly better than the baseline (p_holm <= 0.05)",
    "best": "True for the best mean of the column",
    "not_below_best": "True where not significantly below that best",
    "paper_value": "the paper's printed number",
    "paper_sd": "its printed standard deviation",
    "paper_n": "its printed number of runs",
    "paper_gain": "the paper's gain in pp",
    "paper_gain_printed": "False where that gain was subtracted here",
    "paper_p_holm": "the paper's gain tested by its own numbers, with Holm's correction",
    "paper_significant": "True where the paper's gain is significant by its own numbers",
    "difference": "ours minus the paper's in pp; empty for stand-in data",
    "level_verdict": "verdict on the mean",
    "level_sentence": "why",
    "gain_verdict": "verdict on the gain",
    "gain_sentence": "why",
    **{name: f"seed rows: {meaning}" for name, meaning in FACTS.items()},
}


def table_csv(view: TableView) -> str:
    """The table's cells in reading order, each followed by its runs; columns ``COLUMNS``."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(COLUMNS), restval="", lineterminator="\n")
    writer.writeheader()
    for cell in view.cells():
        place = _place(view, cell)
        writer.writerow({**place, **_cell(cell)})
        writer.writerows({**place, **_seed(seed)} for seed in cell.seeds)
    whole = {"row": "across", "table": view.name, "scale": view.scale, "paper": view.paper}
    writer.writerows({**whole, **_across(row)} for row in (view.across.rows if view.across else ()))
    return text.getvalue()


def cells_csv(view: TableView) -> str:
    """The cells alone, in reading order, without columns that are empty throughout: short enough for a clipboard."""
    rows = [{**_place(view, cell), **_cell(cell)} for cell in view.cells()]
    columns = [name for name in COLUMNS if name != "row" and any(row.get(name, "") != "" for row in rows)]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _place(view: TableView, cell: CellView) -> dict[str, str]:
    return {"table": view.name, "scale": view.scale, "paper": view.paper, **cell.key._asdict()}


def _cell(cell: CellView) -> dict[str, Any]:
    gain, paper = cell.gain, cell.paper
    row: dict[str, Any] = {
        "row": "cell",
        "status": cell.state,
        "value": exact(cell.mean),
        "sd": exact(cell.sd),
        "n": cell.n,
        "dagger": cell.dagger,
        "best": cell.best,
        "not_below_best": cell.best or cell.not_below_best,
        "difference": exact(cell.difference),
    }
    if gain:
        row |= {
            "gain": exact(gain.estimate),
            "gain_low": exact(gain.low),
            "gain_high": exact(gain.high),
            "p": exact(gain.p),
        }
        row |= {"p_holm": exact(gain.p_adjusted), "p_permutation": exact(gain.permutation)}
        row |= {"hedges_g": exact(gain.hedges_g), "superiority": exact(gain.superiority)}
        row |= {"seeds_to_settle": gain.seeds_to_settle or ""}
    if paper:
        row |= {"paper_value": paper.value.text, "paper_sd": paper.sd.text if paper.sd.known else "", "paper_n": paper.n or ""}
        if paper.gain.known:
            row |= {"paper_gain": exact(paper.gain), "paper_gain_printed": paper.gain_printed}
            row |= {"paper_p_holm": exact(paper.p_adjusted), "paper_significant": paper.significant}
    for name, verdict in (("level", cell.level), ("gain", cell.gain_verdict)):
        if verdict:
            row |= {f"{name}_verdict": verdict.name, f"{name}_sentence": verdict.sentence}
    return row


def _across(row: AcrossRow) -> dict[str, Any]:
    tests = {"p": row.p, "p_holm": row.p_adjusted, "superiority": row.superiority}
    numbers = {"gain": row.gain, "gain_low": row.low, "gain_high": row.high, **tests}
    return {"variant": row.variant, "n": row.columns, **{name: exact(number) for name, number in numbers.items()}}


def _seed(seed: SeedView) -> dict[str, Any]:
    return {"row": "seed", "seed": seed.seed, "status": seed.status, "value": exact(seed.number), **seed.facts}
