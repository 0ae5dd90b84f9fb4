"""Features in the plane: a row per epoch, the full network and its sub-networks beside each other."""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_uppercase
from typing import TYPE_CHECKING

import numpy as np

from bench.probes import ProbedNetwork
from bench.report.figures.shared import canvas
from bench.report.figures.shared.shown import FigureView, Shown, absence, shaped

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIDE = 2.25  # inches of a panel


@dataclass(frozen=True, kw_only=True)
class EmbeddingView(FigureView):
    """``points`` (E, networks, N, 2) for each of ``epochs`` and ``columns``; ``labels`` (N,) index ``classes``."""

    epochs: tuple[int, ...]
    columns: tuple[str, ...]
    points: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    note: str


def holds(network: ProbedNetwork) -> bool:
    """Whether it has a point of every labelled image, for every epoch and for the full network and each student."""
    images, masks = len(network.arrays["labels"]), network.facts["masks"]
    texts = isinstance(masks, list) and all(isinstance(mask, str) for mask in masks)
    points = texts and shaped(network, "points", len(network.epochs), 1 + len(masks), images, 2)
    return points and shaped(network, "labels", images) and isinstance(network.facts["classes"], list)


def view(shown: Shown) -> EmbeddingView:
    """Points of every epoch and network, and what the sub-networks lack."""
    ((place, network),) = shown.networks()
    why = absence(network)
    words = f"{shown.panel_title(place)}. {shown.network_words()}"
    if why or network is None:
        nothing = np.zeros((0, 0, 0, 2))
        none = np.zeros(0, dtype=int)
        return EmbeddingView(**shown.head(words), epochs=(), columns=(), points=nothing, labels=none, classes=(), note=why)
    masks, columns = network.facts["masks"], ["Teacher (full network)"]
    for name, mask in zip(ascii_uppercase, masks, strict=False):
        columns.append(f"Student {name} (skips {mask.count('0')} of {len(mask)})")
    words += (
        f" t-SNE of the features before the classifier, each network by itself, {len(network.arrays['labels'])} test images."
    )
    if masks:
        named = ", ".join(f"{name} {mask}" for name, mask in zip(ascii_uppercase, masks, strict=False))
        words += f" Blocks of the students, 0 skipped, drawn from a fixed seed: {named}."
    return EmbeddingView(
        **shown.head(words),
        epochs=network.epochs,
        columns=tuple(columns),
        points=network.arrays["points"],
        labels=network.arrays["labels"],
        classes=tuple(network.facts["classes"]),
        note="",
    )


def compose(view: EmbeddingView) -> Figure:
    """A grid of scatters; a class has a colour and a marker of its own."""
    rows, columns = max(1, len(view.epochs)), max(1, len(view.columns))
    figure = canvas.canvas(max(5.0, SIDE * columns + 0.3), SIDE * rows + 0.8, view.caption)
    grid = figure.subplots(rows, columns, squeeze=False)
    if view.note:
        canvas.emptied(grid[0][0], view.note)
        return figure
    for row, epoch in enumerate(view.epochs):
        for column, name in enumerate(view.columns):
            axes = grid[row][column]
            for index, label in enumerate(view.classes):
                points = view.points[row, column][view.labels == index]
                axes.scatter(
                    points[:, 0],
                    points[:, 1],
                    s=17,
                    color=canvas.COLOURS[index % len(canvas.COLOURS)],
                    marker=canvas.MARKERS[index % len(canvas.MARKERS)],
                    linewidths=0,
                    label=canvas.literal(label),
                )
            canvas.bare(axes)
            axes.margins(0.07)
            if row == 0:
                axes.set_title(canvas.literal(name), fontsize=8.5)
            if column == 0:
                axes.set_ylabel(f"After epoch {epoch}")
    canvas.legend(figure, [grid[0][0]], most=5, handlelength=1.2, markerscale=1.7)
    return figure
