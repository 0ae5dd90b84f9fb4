"""Curves over epochs: mean and deviation over seeds, a line per variant and curve, a panel per place."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from bench.records.result import Result
from bench.report.figures.shared import canvas
from bench.report.figures.shared.shown import FigureView, Shown, lacking
from bench.stats.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# What readers call a curve, and its unit for the axis.
CURVES = {
    "test_accuracy": ("test accuracy", "Test accuracy (%)"),
    "train_accuracy": ("training accuracy", "Training accuracy (%)"),
    "test_error": ("test error", "Test error (%)"),
    "train_error": ("training error", "Training error (%)"),
    "loss": ("loss", "Loss"),
    "w_lb": ("last-batch weight w_LB", "Distillation weight"),
    "w_kd": ("offline weight w_KD", "Distillation weight"),
}
DERIVED = {"test_error": "test_accuracy", "train_error": "train_accuracy"}  # 100 - accuracy
PAIRS = {"accuracy": "Accuracy (%)", "error": "Error (%)"}  # a test and a training curve that share an axis
BOLD: Any = {"linewidth": 2.0, "linestyle": "solid"}
THIN: Any = {"linewidth": 0.9, "linestyle": (0, (3, 1.6))}
SETTLED = 0.1  # the share of a training after which an error curve must lie within the axis
LONG = 20  # epochs from which that holds; a short training is shown whole


@dataclass(frozen=True)
class CurveLine:
    """One curve. ``mean`` and ``sd`` hold an item per epoch, ``sd`` is NaN for one seed; ``series`` gives the colour."""

    label: str
    mean: tuple[float, ...]
    sd: tuple[float, ...]
    n: int
    series: int = 0
    split: Literal["", "train", "test"] = ""


@dataclass(frozen=True)
class CurvesPanel:
    title: str
    lines: tuple[CurveLine, ...]
    note: str
    top: float = math.nan  # of the axis, where the first epochs lie above it


@dataclass(frozen=True, kw_only=True)
class CurvesView(FigureView):
    axis: str
    panels: tuple[CurvesPanel, ...]


def view(shown: Shown) -> CurvesView:
    """Means and deviations of every line."""
    pair = _pair(shown.figure.curves)
    panels = []
    for place in shown.figure.panels:
        found = {variant: shown.found(place, variant) for variant in shown.figure.variants}
        notes, lines = lacking(shown.paper, found, shown.seeds), []
        for series, (variant, results) in enumerate(found.items()):
            made, absent = _lines(shown, variant, series, results, bool(pair))
            lines += made
            notes += [f"{shown.paper.label(variant)}: its records have no '{curve}'" for curve in absent]
        panels.append(CurvesPanel(shown.panel_title(place), tuple(lines), "; ".join(notes), _top(shown.figure.curves, lines)))
    axes = dict.fromkeys(CURVES.get(curve, (curve, curve))[1] for curve in shown.figure.curves)
    words = f"Lines are means over {counted(len(shown.seeds), 'seed')}, bands ±\u00a0one standard deviation."
    if pair:
        words += f" Bold: test {pair}; thin and dashed: training {pair}."
    if any(math.isfinite(panel.top) for panel in panels):
        words += " Some of the first epochs lie above the axis."
    return CurvesView(**shown.head(words), axis=PAIRS[pair] if pair else " / ".join(axes), panels=tuple(panels))


def _pair(curves: Sequence[str]) -> str:
    """``accuracy`` or ``error`` where a figure shows exactly that of the training and of the test set."""
    return next((name for name in PAIRS if set(curves) == {f"train_{name}", f"test_{name}"}), "")


def _lines(
    shown: Shown, variant: str, series: int, results: Sequence[Result], paired: bool
) -> tuple[list[CurveLine], list[str]]:
    """The lines of a variant, and the curves that none of its records has."""
    lines, absent = [], []
    finished = [result for result in results if result.status == "finished"]
    label = shown.paper.label(variant)
    for curve in shown.figure.curves:
        values = [column for column in (_values(result, curve) for result in finished) if column]
        if not values:
            absent += [curve] if finished else []
            continue
        epochs = list(zip(*values, strict=False))  # seeds of one cell train equally long
        mean, sd = tuple(map(_mean, epochs)), tuple(map(_sd, epochs))
        if paired:
            lines.append(CurveLine(label, mean, sd, len(values), series, "train" if curve.startswith("train") else "test"))
            continue
        words = [label] if len(shown.figure.variants) > 1 else []
        words += [CURVES.get(curve, (curve, ""))[0]] if len(shown.figure.curves) > 1 else []
        lines.append(CurveLine(", ".join(words) or label, mean, sd, len(values), series))
    return lines, absent


def _values(result: Result, curve: str) -> Sequence[float]:
    if curve in DERIVED:
        return [100.0 - value for value in result.curve.get(DERIVED[curve], [])]
    return result.curve.get(curve, [])


def _mean(values: Sequence[float]) -> float:
    return statistics.fmean(values) if all(map(math.isfinite, values)) else math.nan


def _sd(values: Sequence[float]) -> float:
    return statistics.stdev(values) if len(values) > 1 and all(map(math.isfinite, values)) else math.nan


def _top(curves: Sequence[str], lines: Sequence[CurveLine]) -> float:
    """Where the axis of a long error curve ends: an untrained network's error would press the rest flat."""
    if not set(curves) <= set(DERIVED) or max((len(line.mean) for line in lines), default=0) < LONG:
        return math.nan
    settled = [value for line in lines for value in line.mean[math.ceil(SETTLED * len(line.mean)) :] if math.isfinite(value)]
    first = [value for line in lines for value in line.mean if math.isfinite(value)]
    top = 1.1 * max(settled, default=math.nan)
    return top if max(first, default=0.0) > top else math.nan


def compose(view: CurvesView) -> Figure:
    """Panels in two columns, one legend."""
    columns = min(2, len(view.panels))
    rows = -(-len(view.panels) // columns)
    width, height = (4.1, 2.75) if len(view.panels) > 1 else (6.2, 3.6)
    figure = canvas.canvas(width * columns, height * rows + 0.5, view.caption)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True)
    places = canvas.panels(grid, len(view.panels), view.axis)
    for axes, panel in zip(places, view.panels, strict=True):
        _panel(axes, panel, width - 0.6)
    for axes in grid[-1]:
        axes.set_xlabel("Epoch")
    splits = ("Test", "Training") if any(line.split for panel in view.panels for line in panel.lines) else ()
    for split, look in zip(splits, (BOLD, THIN), strict=False):
        places[0].plot([], [], color=canvas.QUIET, label=split, **look)
    canvas.legend(figure, places, last=splits)
    return figure


def _panel(axes: Axes, panel: CurvesPanel, width: float) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_title(canvas.title(panel.title, width))
    for position, line in enumerate(panel.lines):
        epochs = range(1, len(line.mean) + 1)
        look = _look(position, line, 1 + max(other.series for other in panel.lines))
        axes.plot(epochs, line.mean, **look)
        if line.n > 1 and line.split != "train":
            low = [mean - sd for mean, sd in zip(line.mean, line.sd, strict=True)]
            high = [mean + sd for mean, sd in zip(line.mean, line.sd, strict=True)]
            axes.fill_between(
                epochs, low, high, color=look["color"], alpha=0.16 if len(panel.lines) <= 6 else 0.08, linewidth=0
            )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.margins(x=0.02)
    if math.isfinite(panel.top):
        axes.set_ylim(bottom=0.0, top=panel.top)
    canvas.note(axes, panel.note)


def _look(position: int, line: CurveLine, count: int) -> dict[str, Any]:
    """Lines of a pair share colour and marker and differ in weight and dashes; others have dashes of their own.

    The markers of the ``count`` series stand at different epochs, so that lines on top of each other can be told apart.
    """
    if not line.split:
        style = {"color": canvas.COLOURS[position % 6], "linestyle": canvas.DASHES[position % 6]}
        return {**style, "linewidth": 1.6, "label": canvas.literal(line.label)}
    colour = canvas.COLOURS[line.series % len(canvas.COLOURS)]
    every = max(1, len(line.mean) // 6)
    first = int(every * (line.series + 0.5) / count)
    markers = {"marker": canvas.MARKERS[line.series % len(canvas.MARKERS)], "markevery": (first, every), "color": colour}
    if line.split == "test":
        return {**markers, **BOLD, "markersize": 5.0, "label": canvas.literal(line.label)}
    return {**markers, **THIN, "markersize": 3.8, "markerfacecolor": "white", "label": "_training"}
