"""A metric against a hyper-parameter, a generation or words: means with deviations, a line per series, a panel per place."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from bench.plan.figures import SweepLine, SweepPanel
from bench.plan.metrics import METRICS
from bench.records.result import Result
from bench.report.figures.shared import canvas
from bench.report.figures.shared.shown import FigureView, Shown
from bench.stats import Sample
from bench.stats.words import capitalised, counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class SweepLineView:
    """Points at the panel's x; ``mean`` is NaN where there is no result, ``sd`` also where there is one seed."""

    label: str
    mean: tuple[float, ...]
    sd: tuple[float, ...]


@dataclass(frozen=True)
class SweepPanelView:
    """``reference`` is the level drawn across, NaN where there is none."""

    title: str
    axis: str
    x: tuple[float | str, ...]
    lines: tuple[SweepLineView, ...]
    reference: float
    reference_label: str
    note: str


@dataclass(frozen=True, kw_only=True)
class SweepView(FigureView):
    axis: str
    panels: tuple[SweepPanelView, ...]


def view(shown: Shown) -> SweepView:
    """Means and deviations of every point."""
    metric = METRICS[shown.figure.metric]
    words = f"Points are means over {counted(len(shown.seeds), 'seed')}, bars ±\u00a0one standard deviation."
    panels = tuple(_panel_view(shown, panel) for panel in shown.figure.panels)
    if any(math.isfinite(panel.reference) for panel in panels):
        labels = dict.fromkeys(panel.reference_label for panel in panels if panel.reference_label)
        words += f" The dashed level is {' and '.join(labels)}."
    return SweepView(**shown.head(words), axis=f"{capitalised(metric.label)} (%)", panels=panels)


def _panel_view(shown: Shown, panel: SweepPanel) -> SweepPanelView:
    metric = shown.figure.metric
    names = dict.fromkeys(name for line in panel.lines for name in line.variants if name)
    found = {name: shown.found(panel.place, name) for name in (*names, *filter(None, [panel.reference]))}
    samples = {name: shown.measured(panel.place, name, metric).sample for name in found}
    title = panel.title or shown.panel_title(panel.place)
    return SweepPanelView(
        title=title,
        axis=panel.axis,
        x=panel.x,
        lines=tuple(_line(line, samples, shown) for line in panel.lines),
        reference=samples[panel.reference].mean if panel.reference else math.nan,
        reference_label=shown.paper.label(panel.reference) if panel.reference else "",
        note="; ".join(_notes(found, len(shown.seeds))),
    )


def _line(line: SweepLine, samples: Mapping[str, Sample], shown: Shown) -> SweepLineView:
    points = [samples[name] if name else Sample.of(()) for name in line.variants]
    label = line.label or (shown.paper.label(line.variants[0]) if line.variants[0] and len(line.variants) == 1 else "")
    return SweepLineView(label, tuple(point.mean for point in points), tuple(point.sd for point in points))


def _notes(found: Mapping[str, Sequence[Result]], seeds: int) -> list[str]:
    """What a panel lacks, counted: it may hold dozens of cells."""
    finished = {name: sum(result.status == "finished" for result in results) for name, results in found.items()}
    diverged = [name for name, results in found.items() if any(result.status == "diverged" for result in results)]
    absent = [name for name, count in finished.items() if not count and name not in diverged]
    fewer = [name for name, count in finished.items() if 0 < count < seeds and name not in diverged]
    words = ((diverged, "diverged"), (absent, "without a result yet"), (fewer, f"of fewer than {counted(seeds, 'seed')}"))
    return [f"{len(names)} of {counted(len(found), 'cell')} {what}" for names, what in words if names]


def compose(view: SweepView) -> Figure:
    """Small panels, up to four in a row, one legend."""
    columns = len(view.panels) if len(view.panels) < 3 else 2 if len(view.panels) == 4 else min(4, len(view.panels))
    rows = -(-len(view.panels) // columns)
    width = 3.6 if columns < 3 else 2.5
    figure = canvas.canvas(width * columns + 0.4, 2.5 * rows + 0.5, view.caption)
    grid = figure.subplots(rows, columns, squeeze=False)
    places = canvas.panels(grid, len(view.panels), view.axis)
    for axes, panel in zip(places, view.panels, strict=True):
        _panel(axes, panel, width - 0.6)
    canvas.legend(figure, places, most=5, last=[canvas.literal(panel.reference_label) for panel in view.panels])
    return figure


def _panel(axes: Axes, panel: SweepPanelView, width: float) -> None:
    axes.set_title(canvas.title(panel.title, width), fontsize=9)
    axes.set_xlabel(canvas.literal(panel.axis))
    at, scale = positions(panel.x)
    axes.set_xscale(scale)
    axes.set_xticks(at, [canvas.literal(f"{x:g}" if isinstance(x, (int, float)) else x) for x in panel.x])
    axes.minorticks_off()
    for index, line in enumerate(panel.lines):
        axes.errorbar(at, line.mean, yerr=[0.0 if math.isnan(sd) else sd for sd in line.sd], **_look(index, line))
    if math.isfinite(panel.reference):
        label = canvas.literal(panel.reference_label)
        axes.axhline(panel.reference, color=canvas.QUIET, linewidth=1.1, linestyle=(0, (6, 3)), zorder=1, label=label)
    axes.margins(x=0.08)
    canvas.note(axes, panel.note)


def _look(index: int, line: SweepLineView) -> dict[str, Any]:
    style = {"color": canvas.COLOURS[index % len(canvas.COLOURS)], "linestyle": canvas.DASHES[index % len(canvas.DASHES)]}
    markers = {"marker": canvas.MARKERS[index % len(canvas.MARKERS)], "markersize": 4.5, "capsize": 2.5, "elinewidth": 0.9}
    return {**style, **markers, "linewidth": 1.5, "label": canvas.literal(line.label) or "_line"}


def positions(x: Sequence[float | str]) -> tuple[list[float], str]:
    """Where points stand, and the axis's scale: even steps are linear, other positive numbers logarithmic, words in a row."""
    if not all(isinstance(value, (int, float)) for value in x):
        return [float(index) for index in range(len(x))], "linear"
    numbers = [float(value) for value in x]
    steps = {round(after - before, 9) for before, after in pairwise(numbers)}
    return numbers, "linear" if len(steps) <= 1 or min(numbers) <= 0 else "log"
