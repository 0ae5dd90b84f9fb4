"""Curves over epochs as values: mean and deviation over seeds, a line per variant and curve, a panel per cell place."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.plan import Cell, Figure, Paper, Scale
from bench.records.result import Result
from bench.report.cells import drawn_from_stand_in
from bench.report.numerals import counted
from bench.report.table import item_label

# What readers call a curve, and its unit for the axis.
CURVES = {
    "test_accuracy": ("test accuracy", "Test accuracy (%)"),
    "train_accuracy": ("training accuracy", "Training accuracy (%)"),
    "loss": ("loss", "Loss"),
    "w_lb": ("last-batch weight w_LB", "Distillation weight"),
    "w_kd": ("offline weight w_KD", "Distillation weight"),
}


@dataclass(frozen=True)
class Line:
    """One variant's curve. ``mean`` and ``sd`` hold an item per epoch; ``sd`` is NaN for one seed."""

    label: str
    mean: tuple[float, ...]
    sd: tuple[float, ...]
    n: int


@dataclass(frozen=True)
class Panel:
    title: str
    lines: tuple[Line, ...]
    note: str


@dataclass(frozen=True)
class FigureView:
    paper: str
    short: str
    name: str
    label: str
    title: str
    axis: str
    scale: str
    stand_in: bool
    panels: tuple[Panel, ...]
    caption: str


def figure_view(paper: Paper, figure: Figure, results: Iterable[Result], scale: Scale, seeds: Sequence[int]) -> FigureView:
    """Everything that a drawn figure shows; results of other scales, papers and cells are left aside."""
    by_cell: dict[Cell, list[Result]] = {}
    for result in results:
        by_cell.setdefault(result.run.cell, []).append(result)
    panels, stand_ins = [], []
    for dataset, backbone in figure.panels:
        cells = [Cell(scale.name, paper.name, dataset, backbone, variant) for variant in figure.variants]
        found = {cell: by_cell.get(cell, []) for cell in cells}
        stand_ins.append(drawn_from_stand_in(dataset, (result for group in found.values() for result in group), scale))
        lines = [line for cell in cells for line in _lines(paper, figure, cell.variant, found[cell])]
        panels.append(Panel(f"{paper.label(backbone)}, {paper.label(dataset)}", tuple(lines), _note(paper, found, seeds)))
    axes = dict.fromkeys(CURVES.get(curve, (curve, curve))[1] for curve in figure.curves)
    stand_in = any(stand_ins)
    return FigureView(
        paper=paper.name,
        short=paper.short,
        name=figure.name,
        label=item_label(figure.name),
        title=figure.title,
        axis=" / ".join(axes),
        scale=scale.name,
        stand_in=stand_in,
        panels=tuple(panels),
        caption=(
            f"{item_label(figure.name)} of {paper.short}: {figure.title}. Ours, scale {scale.title}. Lines are means over "
            f"{counted(len(seeds), 'seed')}, bands ± one standard deviation." + (" Stand-in data." if stand_in else "")
        ),
    )


def _lines(paper: Paper, figure: Figure, variant: str, results: Sequence[Result]) -> list[Line]:
    lines = []
    finished = sorted((result for result in results if result.status == "finished"), key=lambda result: result.run.seed)
    for curve in figure.curves:
        series = [result.curve[curve] for result in finished if result.curve.get(curve)]
        if not series:
            continue
        epochs = list(zip(*series, strict=False))  # seeds of one cell train equally long
        words = [paper.label(variant)] if len(figure.variants) > 1 else []
        words += [CURVES.get(curve, (curve, ""))[0]] if len(figure.curves) > 1 else []
        lines.append(
            Line(", ".join(words) or paper.label(variant), tuple(map(_mean, epochs)), tuple(map(_sd, epochs)), len(series))
        )
    return lines


def _mean(values: Sequence[float]) -> float:
    return statistics.fmean(values) if all(map(math.isfinite, values)) else math.nan


def _sd(values: Sequence[float]) -> float:
    return statistics.stdev(values) if len(values) > 1 and all(map(math.isfinite, values)) else math.nan


def _note(paper: Paper, found: dict[Cell, list[Result]], seeds: Sequence[int]) -> str:
    """What a panel lacks, in words."""
    notes = []
    for cell, results in found.items():
        finished = sum(result.status == "finished" for result in results)
        diverged = sum(result.status == "diverged" for result in results)
        if diverged:
            notes.append(f"{paper.label(cell.variant)}: {diverged} of {counted(len(results), 'run')} diverged")
        elif not finished:
            notes.append(f"{paper.label(cell.variant)}: no result yet")
        elif finished < len(seeds):
            notes.append(f"{paper.label(cell.variant)}: {counted(finished, 'seed')}")
        if any(result.stale for result in results):
            notes.append(f"{paper.label(cell.variant)}: stale, code changed since")
    return "; ".join(notes)
