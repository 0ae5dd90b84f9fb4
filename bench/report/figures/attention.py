"""Attention maps of a classifier's stages, and of its self-teacher's below them, as a training goes on."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.probes import ProbedNetwork
from bench.report.figures.shared import canvas
from bench.report.figures.shared.shown import FigureView, Shown, absence, shaped

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CELL = 0.78  # inches of an image's or a map's side
MAP_COLOURS = "magma"  # lighter is more, on paper without colour too
ROWS = {"classifier": "Classifier", "teacher": "Self-teacher"}


@dataclass(frozen=True)
class MappedImage:
    """One image and its maps: ``rows`` name to ``[epoch][block]``, each (h, w) with the largest value 1."""

    image: np.ndarray
    rows: dict[str, list[list[np.ndarray]]]
    label: str


@dataclass(frozen=True)
class AttentionPanel:
    """One network's samples, or why there are none."""

    title: str
    epochs: tuple[int, ...]
    blocks: int
    samples: tuple[MappedImage, ...]
    note: str


@dataclass(frozen=True, kw_only=True)
class AttentionView(FigureView):
    panels: tuple[AttentionPanel, ...]


def holds(network: ProbedNetwork) -> bool:
    """Whether it has images and, of every row that is there, a map of each for every epoch and block."""
    labels, blocks = network.facts["labels"], range(1, network.facts["blocks"] + 1)
    if not set(labels) <= set(range(len(network.data["classes"]))) or not shaped(network, "images", len(labels), 3, None, None):
        return False
    rows = ["classifier", *(["teacher"] if any(name.startswith("teacher_") for name in network.arrays) else [])]
    names = [f"{row}_{epoch}_{block}" for row in rows for epoch in network.epochs for block in blocks]
    return all(shaped(network, name, len(labels), None, None) for name in names)


def view(shown: Shown) -> AttentionView:
    """Maps between 0 and 1, each by itself: a place is compared with the rest of its map."""
    panels = []
    for place, network in shown.networks():
        why, title = absence(network), shown.panel_title(place)
        if why or network is None:
            panels.append(AttentionPanel(title, (), 0, (), why))
            continue
        arrays, blocks = network.arrays, network.facts["blocks"]
        present = [row for row in ROWS if f"{row}_{network.epochs[0]}_1" in arrays]
        samples = tuple(
            MappedImage(
                np.moveaxis(arrays["images"][index], 0, -1),
                {
                    row: [[stretched(arrays[f"{row}_{e}_{b}"][index]) for b in range(1, blocks + 1)] for e in network.epochs]
                    for row in present
                },
                network.data["classes"][label],
            )
            for index, label in enumerate(network.facts["labels"])
        )
        panels.append(AttentionPanel(title, network.epochs, blocks, samples, ""))
    words = (
        f"{shown.network_words()} Mean square over the channels of every block's feature, for test images that were drawn "
        "before training; lighter is more active, each map from its least to its most active place."
    )
    return AttentionView(**shown.head(words), panels=tuple(panels))


def stretched(values: np.ndarray) -> np.ndarray:
    """A map from 0 (its least) to 1 (its largest); a flat one is 0."""
    low, high = float(values.min()), float(values.max())
    return (values - low) / (high - low) if high > low else np.zeros_like(values)


def compose(view: AttentionView) -> Figure:
    """A band per network: samples below each other, classifier above self-teacher, blocks within epochs to the right."""
    rows = [max(1, sum(len(sample.rows) for sample in panel.samples)) for panel in view.panels]
    columns = 1 + max((len(panel.epochs) * panel.blocks for panel in view.panels), default=1)
    figure = canvas.canvas(max(5.2, CELL * (columns + 1.6)), CELL * sum(rows) + 0.62 * len(rows) + 0.1, view.caption)
    bands = figure.subfigures(len(view.panels), 1, height_ratios=[count + 0.8 for count in rows], squeeze=False)[:, 0]
    for band, panel, count in zip(bands, view.panels, rows, strict=True):
        band.suptitle(canvas.literal(panel.title), x=0.01, ha="left", fontsize=10)
        if panel.note or not panel.samples:
            canvas.emptied(band.subplots(), panel.note)
            continue
        _band(band, panel, count)
    return figure


def _band(band: Figure, panel: AttentionPanel, rows: int) -> None:
    ratios = [1.3]
    for turn in range(len(panel.epochs)):
        ratios += [0.16 if turn else 0.01, *[1.0] * panel.blocks]  # a gap between the epochs
    grid = band.add_gridspec(rows, len(ratios), width_ratios=ratios)
    row = 0
    for sample in panel.samples:
        image = band.add_subplot(grid[row : row + len(sample.rows), 0])
        image.imshow(sample.image, interpolation="nearest")
        canvas.bare(image)
        image.set_xlabel(canvas.literal("\n".join(textwrap.wrap(sample.label, 17)[:3])), fontsize=7, labelpad=2)
        for name, epochs in sample.rows.items():
            for turn, maps in enumerate(epochs):
                for block, values in enumerate(maps):
                    axes = band.add_subplot(grid[row, 2 + turn * (panel.blocks + 1) + block])
                    axes.imshow(values, cmap=MAP_COLOURS, vmin=0.0, vmax=1.0, interpolation="nearest")
                    canvas.bare(axes)
                    if row == 0:
                        words = f"After epoch {panel.epochs[turn]}\n" if block == 0 else "\n"
                        axes.set_title(f"{words}Block {block + 1}", fontsize=7.5, loc="left", pad=2)
                    if turn == block == 0:
                        axes.set_ylabel(ROWS[name], fontsize=7.5)
            row += 1
