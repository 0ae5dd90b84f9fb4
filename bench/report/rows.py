"""A table as CSV: a row per cell and a row per run, self-contained, in full precision."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from bench.records.provenance import Provenance
from bench.report.across.view import AcrossRow
from bench.report.formatting import exact
from bench.report.verdicts import GainView
from bench.report.view import CellView, CostView, RowView, SeedView, TableView

# How a run came about: column to meaning and to where the value stands; the order is that of the columns.
FACTS: Mapping[str, tuple[str, Callable[[Provenance], Any]]] = {
    "source": ("fresh: just trained here; stored: committed with the project", lambda run: run.source),
    "data": ("registry name of the data that was trained on", lambda run: run.data.name),
    "stand_in": ("True where that is generated stand-in data", lambda run: run.data.stand_in),
    "data_digest": ("digest of the images and labels", lambda run: run.data.digest),
    "recipe_version": ("version of the paper's recipes", lambda run: run.recipe.version),
    "method": ("registry name of the method", lambda run: run.recipe.method),
    "epochs": ("passes over the training set", lambda run: run.recipe.epochs),
    "image_size": ("side of the network's input in pixels", lambda run: run.recipe.image_size),
    "batch_size": ("fresh images per step", lambda run: run.recipe.batch_size),
    "width": ("factor on the backbone's channels", lambda run: run.recipe.width),
    "parameters": ("trainable parameters of the student", lambda run: run.cost.parameters),
    "precision": ("arithmetic of forward and backward passes", lambda run: run.precision),
    "cpu": ("processor", lambda run: run.hardware.cpu),
    "gpu": ("accelerator, empty where none was used", lambda run: run.hardware.gpu),
    "threads": ("threads of the training process", lambda run: run.hardware.threads),
    "train_seconds": ("duration of the training", lambda run: run.cost.train_seconds),
    "images_per_second": ("throughput of the training", lambda run: run.cost.images_per_second),
    "peak_memory_mb": ("peak memory in MiB, the accelerator's where one was used", lambda run: run.cost.peak_memory_mb),
    "margin": ("of equivalence in pp, as fixed before the training", lambda run: run.claims and run.claims.margin),
    "claims_commit": ("the commit that fixed own methods, families and margin", lambda run: run.claims and run.claims.commit),
    "torch": ("version of torch", lambda run: dict(run.versions).get("torch")),
    "fingerprint_config": ("hash of the resolved config and its teachers'", lambda run: run.code.config),
    "fingerprint_code": ("hash of the source files that the run used", lambda run: run.code.code),
    "commit": ("the project's commit", lambda run: run.code.commit),
    "dirty": ("True where tracked files differed from that commit", lambda run: run.code.dirty),
}

# Column to meaning; the order is that of the columns.
COLUMNS = {
    "row": "'cell' (summary of a cell), 'seed' (one run) or 'across' (a method over all columns); filter by it",
    "table": "the paper's table",
    "scale": "overlay on the paper's recipes",
    "paper": "id of the paper",
    "dataset": "id of the dataset in the paper's table",
    "backbone": "id of the backbone; empty for a literature row",
    "variant": "id of the variant or of the literature row",
    "label": "the method's name",
    "metric": "what value, mean and sd are; scores are in percent",
    "seed": "seed rows: the run's seed",
    "status": "seed rows: finished, diverged, failed or missing; cell rows: measured, diverged, missing, reported or setting",
    "words": "cell rows: what is special about the cell, or why it is not compared; across rows: the columns left out, and why",
    "value": "seed rows: the metric; cell rows: its mean over finished runs",
    "sd": "cell rows: standard deviation (ddof=1)",
    "n": "cell rows: finished runs; across rows: columns that can be tested",
    "gain_of": "cell rows: id of the method whose gain it is: the row's own, or the new method's in a comparison",
    "gain_over": "cell rows: id of the method that it is over: the baseline, or the row's own in a comparison",
    "gain": "cell rows: that difference in pp, positive is better",
    "gain_low": "lower end of its 95 % interval",
    "gain_high": "upper end of its 95 % interval",
    "images_low": "lower end of the 95 % interval of that difference for new test images of the same kind",
    "images_high": "upper end of that interval; both empty where it is not recorded which images were classified rightly",
    "p": "Welch's t, two-sided",
    "p_holm": "p with Holm's correction in its family",
    "p_permutation": "exact two-sided permutation test, uncorrected: a cross-check",
    "hedges_g": "gain in pooled standard deviations, corrected for small samples",
    "superiority": "probability that a run of the one is better than a run of the other",
    "outcome": "of that test: better, worse, open or not judged",
    "outcome_reason": "why it is not judged",
    "family": "own (the paper's own methods) or others: what p_holm is corrected within",
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
    "best_epoch_value": "cell rows: the mean at the best epoch, where the paper prints that or does not say which",
    "best_epoch_sd": "its standard deviation",
    "best_epoch_level_verdict": "verdict on that mean; empty where none was reached",
    "best_epoch_gain_verdict": "verdict on the gain at the best epoch; empty where none was reached",
    "relative_cost": "cell rows of a comparison: passes of a training step relative to the baseline's, mean over the columns",
    "mean_seconds": "cell rows of a comparison: mean duration of a training, on the hardware that it ran on",
    "parameters_m": "cell rows of a comparison: million parameters while training",
    **{name: f"seed rows: {meaning}" for name, (meaning, _) in FACTS.items()},
}


def table_csv(views: Sequence[TableView]) -> str:
    """The cells of tables in reading order, each followed by its runs; columns ``COLUMNS``."""
    rows: list[dict[str, Any]] = []
    for view in views:
        for row, cell in _cells(view):
            coordinates = _coordinates(view, row, cell)
            rows.append({**coordinates, **_cell(view, cell), **_cost(row.cost)})
            rows += ({**coordinates, **_seed(seed)} for seed in cell.seeds)
        whole = {"row": "across", "table": view.name, "scale": view.scale, "paper": view.paper}
        rows += ({**whole, **_across(each)} for each in (view.across.rows if view.across else ()))
    return _text(list(COLUMNS), rows)


def cells_csv(views: Sequence[TableView]) -> str:
    """The cells alone, in reading order, without columns that are empty throughout: short enough for a clipboard."""
    rows = [{**_coordinates(view, row, cell), **_cell(view, cell)} for view in views for row, cell in _cells(view)]
    columns = [name for name in COLUMNS if name != "row" and any(row.get(name, "") != "" for row in rows)]
    return _text(columns, ({name: row.get(name, "") for name in columns} for row in rows))


def _text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _cells(view: TableView) -> list[tuple[RowView, CellView]]:
    """Every cell once, with its row."""
    rows = [row for block in view.blocks for row in block.rows]
    return [(row, cell) for row in rows for cell in row.cells if cell is not None and not cell.repeated]


def _coordinates(view: TableView, row: RowView, cell: CellView) -> dict[str, str]:
    return {"table": view.name, "scale": view.scale, "paper": view.paper, "label": row.label, **cell.key._asdict()}


def _cell(view: TableView, cell: CellView) -> dict[str, Any]:
    gain, paper = cell.gain, cell.paper
    row: dict[str, Any] = {
        "row": "cell",
        "status": cell.state,
        "words": cell.words,
        "value": exact(cell.mean),
        "sd": exact(cell.sd),
        "n": cell.n,
        "dagger": cell.dagger,
        "best": cell.best,
        "not_below_best": cell.best or cell.not_below_best,
        "difference": exact(cell.difference),
    }
    if gain:
        new = view.comparison
        row |= {"gain_of": new.name if new else cell.key.variant, "gain_over": cell.key.variant if new else view.reference}
        row |= _gain(gain)
    if paper:
        row |= {"paper_value": paper.value.text, "paper_sd": paper.sd.text if paper.sd.known else "", "paper_n": paper.n or ""}
        if paper.gain.known:
            row |= {"paper_gain": exact(paper.gain), "paper_gain_printed": paper.gain_printed}
            row |= {"paper_p_holm": exact(paper.p_adjusted), "paper_significant": paper.significant}
    for name, verdict in (("level", cell.level), ("gain", cell.gain_verdict)):
        if verdict:
            row |= {f"{name}_verdict": verdict.name, f"{name}_sentence": verdict.sentence}
    if cell.best_epoch:
        row |= {"best_epoch_value": exact(cell.best_epoch.mean), "best_epoch_sd": exact(cell.best_epoch.sd)}
        row |= {f"best_epoch_{name}_verdict": verdict.name for name, verdict in cell.best_epoch.verdicts}
    return row


def _cost(cost: CostView | None) -> dict[str, Any]:
    if cost is None:
        return {}
    names = {"relative_cost": cost.relative, "mean_seconds": cost.seconds, "parameters_m": cost.parameters}
    return {name: exact(number) for name, number in names.items()}


def _across(row: AcrossRow) -> dict[str, Any]:
    return {"variant": row.variant, "label": row.label, "n": row.columns, "words": row.left_out, **_gain(row.gain)}


def _gain(gain: GainView) -> dict[str, Any]:
    numbers = {
        "gain": gain.estimate,
        "gain_low": gain.interval.low,
        "gain_high": gain.interval.high,
        "images_low": gain.images.low,
        "images_high": gain.images.high,
        "p": gain.p,
        "p_holm": gain.p_adjusted,
        "p_permutation": gain.permutation,
        "hedges_g": gain.hedges_g,
        "superiority": gain.superiority,
    }
    words = {"outcome": gain.outcome, "outcome_reason": gain.reason, "family": gain.family}
    return {name: exact(number) for name, number in numbers.items()} | words


def _seed(seed: SeedView) -> dict[str, Any]:
    run = seed.provenance
    facts = {name: read(run) for name, (_, read) in FACTS.items()} if run else {}
    known = {name: value for name, value in facts.items() if value is not None}
    return {"row": "seed", "seed": seed.seed, "status": seed.status, "value": exact(seed.number), **known}
