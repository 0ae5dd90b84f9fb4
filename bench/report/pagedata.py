"""What a table's page carries for the browser: each cell's details, its numbers for sorting and charts, the texts to copy.

All of it is text that the browser inserts as text; none is markup.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from bench.plan.metrics import METRICS
from bench.report.formatting import Number
from bench.report.page import PageView
from bench.report.predicted import PredictedView
from bench.report.verdicts import VerdictView
from bench.report.view import CellView, RowView, TableView
from bench.stats.words import p_words

Terms = list[tuple[str, str]]


def page_data(page: PageView, copies: Mapping[str, str]) -> dict[str, Any]:
    """A value for JSON.

    Parameters
    ----------
    copies
        Format to the table as text in it.
    """
    cells = [cell for view in page.tables for cell in view.cells()]
    looked = {_place(cell): cell.detail.predicted for cell in cells if cell.detail.predicted}
    return {
        "copies": dict(copies),
        "predicted": {place: _predicted(predicted) for place, predicted in looked.items()},
        "pictures": {name: vars(picture) for predicted in looked.values() for name, picture in predicted.pictures.items()},
        "assumptions": {name: list(terms) for view in page.tables for name, terms in view.dataset_assumptions.items()},
        "cells": [
            _cell(cell, row, block.title, view)
            for view in page.tables
            for block in view.blocks
            for row in block.rows
            for cell in row.cells
            if cell
        ],
    }


def _cell(cell: CellView, row: RowView, block: str, view: TableView) -> dict[str, Any]:
    detail, metric = cell.detail, METRICS[cell.key.metric]
    return {
        "id": anchor(view, cell),
        "row": row.name,
        "column": cell.column,
        "block": block,
        "dataset": cell.key.dataset,
        "metric": metric.label,
        "unit": metric.unit,
        "higherIsBetter": metric.higher_is_better,
        "scored": metric.kind == "score",
        "baseline": row.is_baseline,
        "numbers": _numbers(cell, row, view),
        "verdicts": [_verdict(what, verdict, view) for what, verdict in cell.verdicts],
        "bestEpoch": _best_epoch(cell, view),
        "tests": _tests(cell, row, view),
        "runs": [[run.seed, run.status, run.number.text, run.best, run.seconds, run.reason, run.record] for run in cell.seeds],
        "curve": _curve(cell),
        "scores": detail.scores,
        "predicted": _place(cell) if detail.predicted else "",
        "setup": detail.setup,
        "config": detail.config,
        "command": detail.command,
        "cost": [detail.costs.get(name) for name in ("relative_cost", "train_seconds", "parameters")],
        "sort": {
            "ours": _value(cell.mean),
            "paper": _value(cell.paper.value) if cell.paper else None,
            "difference": _value(cell.difference),
            "gain": _value(cell.gain.estimate) if cell.gain else None,
        },
        "sd": _value(cell.sd),
    }


def _place(cell: CellView) -> str:
    """What cells of several metrics of the same runs share."""
    return "/".join(cell.key[:3])


def _predicted(predicted: PredictedView) -> dict[str, Any]:
    return {key: value for key, value in vars(predicted).items() if key != "pictures"}


def anchor(view: TableView, cell: CellView) -> str:
    """A cell's name within its page; one of several tables goes before it."""
    return f"{view.paper}-{view.name}-{cell.anchor}" if view.comparison else cell.anchor


def _verdict(what: str, verdict: VerdictView, view: TableView) -> tuple[str, str, str, str]:
    """Style, symbol, "Level lower." and the sentence that says why, which repeats no name."""
    obstacle, _, reason = verdict.sentence.partition(": ")
    repeats = obstacle.lower() == verdict.name and bool(reason)
    name = f"{what} {verdict.name}".capitalize()
    tone = verdict.tone(what, view.higher_is_better)
    return (tone, verdict.symbol, f"{name}:", reason) if repeats else (tone, verdict.symbol, f"{name}.", verdict.sentence)


def _best_epoch(cell: CellView, view: TableView) -> dict[str, Any] | None:
    """The cell's number and verdicts at the best epoch, where the paper prints that or may."""
    best = cell.best_epoch
    if best is None:
        return None
    return {
        "why": "the paper prints it" if best.printed else "the paper does not say which epoch it prints",
        "number": _with_sd(best.mean, best.sd),
        "verdicts": [_verdict(what, verdict, view) for what, verdict in best.verdicts],
    }


def _numbers(cell: CellView, row: RowView, view: TableView) -> list[tuple[str, str, str]]:
    """What, number and remark: ours, the paper's, their difference, the gains."""
    gain, paper = cell.gain, cell.paper
    lines = []
    if cell.state != "reported":
        count = f"n = {cell.n}" if cell.n else ""
        lines.append(("ours", _with_sd(cell.mean, cell.sd), ", ".join(filter(None, (count, cell.words)))))
    if paper:
        lines.append(("the paper’s", _with_sd(paper.value, paper.sd), f"n = {paper.n}" if paper.n else ""))
    if cell.difference.known:
        lines.append(("ours − the paper’s", f"{cell.difference.text} pp", ""))
    if gain and gain.estimate.known:
        intervals = f"95 % interval {gain.interval.text}; for new images of this kind {gain.images.text}"
        number = f"{gain.estimate.text} pp{' †' if cell.dagger else ''}"
        lines.append((view.gain_over(row.label), number, intervals if gain.interval.known else ""))
    if paper and paper.gain.known:
        mark = " †" if paper.significant else ""
        lines.append(("the paper’s gain", f"{paper.gain.text} pp{mark}", "" if paper.gain_printed else "subtracted here"))
    return lines


def _tests(cell: CellView, row: RowView, view: TableView) -> Terms:
    lines: Terms = []
    gain, paper = cell.gain, cell.paper
    if gain and gain.p.known:
        exact = f"; exact permutation, {p_words(gain.permutation.value)}" if gain.permutation.known else ""
        ps = f"{p_words(gain.p.value)}; with Holm in its family, {p_words(gain.p_adjusted.value)}{exact}"
        one, other = ("a run of " + view.comparison.label, row.label) if view.comparison else ("a run", view.baseline)
        chance = f"{one} is better than one of {other} with probability {gain.superiority.text}"
        lines += [("Welch’s t, our gain", ps), ("Effect", f"Hedges’ g {gain.hedges_g.text}; {chance}")]
    if paper and paper.p_adjusted.known:
        lines.append(
            ("Welch’s t, the paper’s gain", f"{p_words(paper.p_adjusted.value)} with Holm, from its printed summaries")
        )
    if cell.precisions:
        lines.append(("In another precision", cell.precisions))
    if paper and paper.note:
        lines.append(("Note on the paper’s number", paper.note))
    return lines


def _curve(cell: CellView) -> dict[str, Any]:
    """``paper`` is left out where nothing of the paper's may stand beside ours."""
    detail = cell.detail
    if not detail.epochs:
        return {"none": detail.no_curve}
    return {
        "label": detail.curve_label,
        "epochs": detail.epochs,
        "runs": [
            [seed, [value if math.isfinite(value) else None for value in curve]]
            for seed, curve in detail.curves.items()
            if curve
        ],
        "paper": _value(cell.paper.value) if cell.paper and cell.difference.known else None,
    }


def _with_sd(mean: Number, sd: Number) -> str:
    return f"{mean.text} ± {sd.text}" if sd.known else mean.text


def _value(number: Number) -> float | None:
    return round(number.value, 6) if number.known else None
