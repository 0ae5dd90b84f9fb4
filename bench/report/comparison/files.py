"""A comparison to files: a page, a LaTeX table, a CSV."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from bench.plan.files import write_atomically
from bench.report.comparison.view import ArmCell, ArmRow, ComparisonView, Section
from bench.report.formatting import exact
from bench.report.render import html, tex

# Column to meaning; the order is that of the columns.
COLUMNS = {
    "table": "the table that the new method is compared in",
    "scale": "overlay on the paper's recipes",
    "dataset": "id of the dataset",
    "backbone": "id of the backbone",
    "metric": "what mean, sd and the differences are of; percent",
    "variant": "id of the method of the row; the new method's own rows have no difference",
    "label": "its name",
    "mean": "mean over its runs",
    "sd": "standard deviation (ddof=1)",
    "n": "number of runs",
    "words": "what is special about the cell, or why it is not compared",
    "difference": "the new method against this one in pp, positive where the new one is better",
    "low": "lower end of its 95 % interval",
    "high": "upper end of its 95 % interval",
    "p": "Welch's t, two-sided",
    "p_holm": "p with Holm's correction over the table",
    "p_permutation": "exact two-sided permutation test, uncorrected: a cross-check",
    "hedges_g": "difference in pooled standard deviations, corrected for small samples",
    "superiority": "probability that a run of the new method is better than one of this",
    "outcome": "better, worse, no difference found or untested",
    "seeds_to_settle": "seeds per method that would find the observed difference with 80 % power, where none was found",
    "relative_cost": "passes of a training step relative to the baseline's, mean over the compared columns",
    "train_seconds": "mean duration of a training over the compared columns, on the hardware that it ran on",
    "parameters_m": "million parameters while training, mean over the compared columns",
}


def render_comparison(view: ComparisonView, stem: Path) -> list[Path]:
    """Write ``<stem>.html``, ``.tex`` and ``.csv``; each is the old file or the whole new one."""
    texts = {
        ".html": html("compare.html.j2", view=view),
        ".tex": tex("compare.tex.j2", view=view),
        ".csv": comparison_csv(view),
    }
    paths = [stem.with_name(stem.name + suffix) for suffix in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        write_atomically(path, text)
    return paths


def comparison_csv(view: ComparisonView) -> str:
    """A row per method and column, in full precision; columns ``COLUMNS``."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(COLUMNS), restval="", lineterminator="\n")
    writer.writeheader()
    for section in view.sections:
        writer.writerows(_cell(view, section, row, cell) for row, cell in section.cells())
    return text.getvalue()


def _cell(view: ComparisonView, section: Section, row: ArmRow, cell: ArmCell) -> dict[str, Any]:
    key = cell.key
    line: dict[str, Any] = {
        "table": section.target,
        "scale": view.scale,
        "dataset": key.dataset,
        "backbone": key.backbone,
        "metric": key.metric,
        "variant": key.variant,
        "label": row.label,
        "mean": exact(cell.mean),
        "sd": exact(cell.sd),
        "n": cell.n,
        "words": cell.words,
    }
    line |= dict(zip(("relative_cost", "train_seconds", "parameters_m"), map(exact, row.cost), strict=True))
    if cell.duel:
        duel = cell.duel
        line |= {"difference": exact(duel.estimate), "low": exact(duel.low), "high": exact(duel.high), "p": exact(duel.p)}
        line |= {"p_holm": exact(duel.p_adjusted), "p_permutation": exact(duel.permutation)}
        line |= {"hedges_g": exact(duel.hedges_g), "superiority": exact(duel.superiority)}
        line |= {"outcome": duel.outcome, "seeds_to_settle": duel.seeds_to_settle or ""}
    return line
