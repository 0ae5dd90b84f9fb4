"""Accuracy against compute: the baseline's curve over several budgets, and every method where its trainings put it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.plan.figures import Place
from bench.plan.metrics import METRICS
from bench.report.compute import Compute
from bench.report.figures.shared import canvas
from bench.report.figures.shared.shown import FigureView, Shown
from bench.stats import Measured, across_sentence, against_curve, looks_sentence
from bench.stats.words import capitalised, counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {"better": "#007A5A", "worse": "#D55E00"}
NEAR = 0.06  # relative; points nearer to each other are spread sideways
MOST = 0.16  # in powers of two, how far


@dataclass(frozen=True)
class MethodPoint:
    """A method: its number in the legend, its compute relative to the baseline's, mean, and where it lies by the test."""

    number: int
    compute: float
    mean: float
    outcome: str


@dataclass(frozen=True)
class ComputePanel:
    title: str
    curve: tuple[tuple[float, float, float], ...]  # compute, mean, sd
    points: tuple[MethodPoint, ...]
    note: str


@dataclass(frozen=True, kw_only=True)
class ComputeView(FigureView):
    axis: str
    labels: tuple[str, ...]  # of the methods, by their numbers from 1
    panels: tuple[ComputePanel, ...]


def view(shown: Shown) -> ComputeView:
    """Means, compute and tests of every method of the figure's table."""
    figure, paper = shown.figure, shown.paper
    places: dict[Place, list[str]] = {}
    for dataset, backbone, variant in figure.cells():
        places.setdefault((dataset, backbone), []).append(variant)
    budgets = (figure.baseline, *figure.controls)
    names = list(dict.fromkeys(name for found in places.values() for name in found if name not in budgets))
    compute, metric = Compute(paper, shown.scale, figure.baseline), figure.metric
    measured = {
        place: {name: (compute.relative(place, name), shown.measured(place, name, metric)) for name in found}
        for place, found in places.items()
    }
    curves = {
        place: sorted((each[name] for name in budgets if name in each), key=lambda point: point[0])
        for place, each in measured.items()
    }
    drawn = [name for name in names if any(name in each and each[name][1].sample.usable for each in measured.values())]
    names = drawn or names
    points = {name: {place: each[name] for place, each in measured.items() if name in each} for name in names}
    over, outcomes = against_curve(points, curves, {place: place[0] for place in places}, 0.05 / shown.looks)
    finding = across_sentence([(paper.label(name), over[name]) for name in names], "the baseline’s curve")
    words = (
        f"Means over {_seeds(shown, measured)}; compute is counted, teachers’ trainings included. The line is the "
        "baseline at 1, 2 and 4 times its epochs, its band one standard deviation; points at one compute are spread sideways. "
        f"{finding} (Welch against the curve, linear in the logarithm of compute and flat beyond its ends; Holm over methods.) "
        f"{looks_sentence(shown.looks)}"
    ).strip()
    return ComputeView(
        **shown.head(words),
        axis=f"{capitalised(METRICS[metric].label)} (%)",
        labels=tuple(map(paper.label, names)),
        panels=tuple(_panel_view(shown, place, measured[place], curves[place], names, outcomes) for place in places),
    )


def _seeds(shown: Shown, measured: Mapping[Place, Mapping[str, tuple[float, Measured]]]) -> str:
    """How many seeds a mean is over."""
    numbers = {cell.sample.n for each in measured.values() for _, cell in each.values() if cell.sample.usable}
    low, high = (min(numbers), max(numbers)) if numbers else (len(shown.seeds),) * 2
    return counted(high, "seed") if low == high else f"{low} to {high} seeds"


def _panel_view(
    shown: Shown,
    place: Place,
    measured: Mapping[str, tuple[float, Measured]],
    curve: Sequence[tuple[float, Measured]],
    names: Sequence[str],
    outcomes: Mapping[tuple[str, Place], str],
) -> ComputePanel:
    points = [
        MethodPoint(names.index(name) + 1, compute, cell.sample.mean, outcomes.get((name, place), ""))
        for name, (compute, cell) in measured.items()
        if name in names and cell.sample.usable
    ]
    absent = sum(not cell.sample.usable for _, cell in measured.values())
    return ComputePanel(
        title=shown.panel_title(place),
        curve=tuple((compute, cell.sample.mean, cell.sample.sd) for compute, cell in curve if cell.sample.usable),
        points=tuple(points),
        note=f"{absent} of {counted(len(measured), 'cell')} without a result" if absent else "",
    )


def compose(view: ComputeView) -> Figure:
    """A panel per column, the methods' numbers at their points, their names below."""
    names = max(3, 2 * len(view.panels))  # to a line
    rows = -(-(len(view.labels) + len(COLOURS)) // names)
    width = max(6.6, 4.2 * len(view.panels) + 0.4)
    figure = canvas.canvas(width, 3.6 + 0.17 * rows, view.caption)
    places = figure.subplots(1, len(view.panels), squeeze=False)[0]
    for axes, panel in zip(places, view.panels, strict=True):
        _panel(axes, panel)
    places[0].set_ylabel(canvas.literal(view.axis))
    handles = [places[0].plot([], [], linestyle="", label=f"{n}  {name}")[0] for n, name in enumerate(view.labels, start=1)]
    handles += [
        places[0].plot([], [], "o", color=COLOURS[word], label=f"significantly {where}")[0]
        for word, where in (("better", "above"), ("worse", "below"))
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=names, frameon=False, fontsize=7, handlelength=0.8)
    return figure


def _panel(axes: Axes, panel: ComputePanel) -> None:
    axes.set_title(canvas.title(panel.title, 3.6), fontsize=9)
    axes.set_xlabel("Compute, relative to the baseline’s training")
    axes.set_xscale("log", base=2)
    ticks = [0.5, 1, 2, 4, 8, 16]
    reach = [1.0, *(x for x, _, _ in panel.curve), *(point.compute for point in panel.points)]
    axes.set_xlim(min(reach) / 1.25, max(reach) * 1.25)
    shown = [tick for tick in ticks if min(reach) / 1.25 <= tick <= max(reach) * 1.25]
    axes.set_xticks(shown, [f"{tick:g} ×" for tick in shown])
    axes.minorticks_off()
    if panel.curve:
        x, mean, sd = (list(column) for column in zip(*panel.curve, strict=True))
        spread = [0.0 if math.isnan(each) else each for each in sd]
        low, high = ([m + sign * s for m, s in zip(mean, spread, strict=True)] for sign in (-1, 1))
        axes.fill_between(x, low, high, color=canvas.QUIET, alpha=0.15, linewidth=0)
        axes.plot(x, mean, color=canvas.SOFT, linewidth=1.4, marker="o", markersize=4)
    for point, at in zip(panel.points, spread_sideways([each.compute for each in panel.points]), strict=True):
        colour = COLOURS.get(point.outcome, canvas.COLOURS[0])
        box = {"boxstyle": "circle,pad=0.18", "facecolor": "white", "edgecolor": colour, "linewidth": 1.0}
        look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 6.5, "color": colour, "bbox": box, "zorder": 4}
        axes.text(at, point.mean, str(point.number), **look).set_in_layout(False)  # limits are not known yet
        axes.plot([at], [point.mean], alpha=0)  # so that the axis reaches it
    axes.margins(y=0.1)
    canvas.note(axes, panel.note)


def spread_sideways(compute: Sequence[float]) -> list[float]:
    """Where points are drawn: those of nearly one compute in a row around it."""
    order = sorted(range(len(compute)), key=lambda index: compute[index])
    placed, start = list(compute), 0
    for end in range(1, len(order) + 1):
        if end < len(order) and compute[order[end]] <= compute[order[start]] * (1 + NEAR):
            continue
        group = order[start:end]
        for place, index in enumerate(group):
            placed[index] = compute[index] * 2 ** (MOST * (2 * place / max(1, len(group) - 1) - 1) if len(group) > 1 else 0.0)
        start = end
    return placed
