"""Confidence on the training set: scores sorted from the first to the last class, and which class comes second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.probes import ProbedNetwork
from bench.report.figures.shared import canvas
from bench.report.figures.shared.shown import FigureView, Shown, absence, shaped
from bench.report.formatting import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WRITTEN = 12  # classes up to which every count is written into its place
MANY = 30  # classes from which the ranks stand on a logarithmic axis
FLOOR = 1e-4  # percent; where the axis of the scores ends at the latest


@dataclass(frozen=True)
class ScoreLine:
    """``scores`` (C,) are means in percent, the largest of each image first."""

    label: str
    scores: np.ndarray


@dataclass(frozen=True, kw_only=True)
class ScoresView(FigureView):
    """``second`` (C, C) counts the images of class i that have class j second; empty where there is nothing."""

    lines: tuple[ScoreLine, ...]
    second: np.ndarray
    classes: tuple[str, ...]
    second_title: str
    note: str


def holds(network: ProbedNetwork) -> bool:
    """Whether it has mean scores, their accuracy and, where it is the matrix's, second classes."""
    classes = len(network.data["classes"])
    whole = "second" not in network.arrays or shaped(network, "second", classes, classes)
    return whole and shaped(network, "sorted", classes) and isinstance(network.facts["train_accuracy"], float)


def view(shown: Shown) -> ScoresView:
    """Scores of every network, counts of one."""
    lines, notes = [], []
    second, classes, title = np.zeros((0, 0), dtype=int), (), ""
    for place, network in shown.networks():
        why, name = absence(network), shown.panel_title(place)
        if place[0] == shown.figure.matrix:
            title = f"Second class, {name}"
        if why or network is None:
            notes.append(f"{name}: {why}")
            continue
        lines.append(ScoreLine(f"{name}: {percent(network.facts['train_accuracy'])} % correct", network.arrays["sorted"]))
        if "second" in network.arrays:
            second, classes = network.arrays["second"], tuple(network.data["classes"])
    words = (
        f"{shown.network_words()} Left: the k-th largest score of a training image, mean over images without augmentation. "
        "Right: training images of the class in a row that have the class of the column second."
    )
    return ScoresView(
        **shown.head(words), lines=tuple(lines), second=second, classes=classes, second_title=title, note="; ".join(notes)
    )


def compose(view: ScoresView) -> Figure:
    """Scores on the left, the matrix on the right."""
    figure = canvas.canvas(9.2, 4.0, view.caption)
    left, right = figure.subplots(1, 2, width_ratios=(1.0, 1.25))
    _scores(left, view)
    _matrix(right, view)
    return figure


def _scores(axes: Axes, view: ScoresView) -> None:
    axes.set_title("Sorted scores on the training set")
    axes.set_xlabel("k, from the largest score on")
    axes.set_ylabel("Mean score (%)")
    axes.set_yscale("log")
    for index, line in enumerate(view.lines):
        ranks = range(1, len(line.scores) + 1)
        every = max(1, len(line.scores) // 10)
        axes.plot(
            ranks,
            line.scores,
            color=canvas.COLOURS[index],
            linestyle=canvas.DASHES[index],
            marker=canvas.MARKERS[index],
            markersize=4.5,
            markevery=every,
            linewidth=1.6,
            label=canvas.literal(line.label),
        )
    if view.lines:
        lowest = min(float(line.scores.min()) for line in view.lines)
        axes.set_ylim(bottom=max(FLOOR, lowest / 2), top=150)
        axes.yaxis.set_major_formatter("{x:g}")
        _ranks(axes, max(len(line.scores) for line in view.lines))
        axes.legend(loc="upper right", frameon=False, handlelength=3.2, fontsize=8)
    canvas.note(axes, view.note)


def _ranks(axes: Axes, longest: int) -> None:
    """Ticks at whole ranks; many ranks stand on a logarithmic axis, since the first ones are what differs."""
    if longest <= MANY:
        step = 1 if longest <= 10 else 5
        axes.set_xticks(sorted({1, *range(step, longest + 1, step)}))
        return
    axes.set_xscale("log")
    axes.set_xticks([rank for rank in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if rank <= longest])
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.minorticks_off()


def _matrix(axes: Axes, view: ScoresView) -> None:
    if not view.second.size:
        canvas.emptied(axes, view.second_title and f"{view.second_title}: no network yet")
        return
    from matplotlib import colormaps

    axes.set_title(canvas.literal(view.second_title))
    counts = view.second
    colours = colormaps["Blues"]
    shown = counts / max(1, counts.max())
    axes.imshow(shown, cmap=colours, vmin=0, vmax=1.15, aspect="equal")
    canvas.bare(axes)
    axes.set_xlabel("Class with the second largest score")
    axes.set_ylabel("True class")
    if len(counts) > WRITTEN:
        return
    names = [canvas.literal(name) for name in view.classes]
    axes.set_xticks(range(len(names)), names, rotation=40, ha="right", rotation_mode="anchor", fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    for row, column in np.ndindex(counts.shape):
        if counts[row, column]:
            dark = shown[row, column] > 0.55
            words = f"{counts[row, column]}"
            axes.text(column, row, words, ha="center", va="center", fontsize=6.5, color="white" if dark else "#222222")
