"""What a figure is made of, and the words that every figure carries."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.plan import Cell, Figure, Paper, Scale
from bench.plan.figures import Place
from bench.probes import Probe, ProbedNetwork
from bench.records.result import Result
from bench.report.cells import drawn_from_stand_in
from bench.report.provenance import looks_of
from bench.report.table import item_label
from bench.stats import Measured
from bench.stats.words import counted, listed


@dataclass(frozen=True, kw_only=True)
class FigureView:
    """What every drawn figure says of itself."""

    kind: str
    paper: str
    short: str
    name: str
    label: str
    title: str
    remark: str
    scale: str
    stand_in: bool
    caption: str
    stored: bool = False


@dataclass(frozen=True)
class Shown:
    """A figure, the results of its cells, and what its networks show where it is of that kind."""

    paper: Paper
    figure: Any
    results: Mapping[Cell, Sequence[Result]]
    scale: Scale
    seeds: Sequence[int]
    probe: Probe | None
    looks: int = 1

    @classmethod
    def of(
        cls,
        paper: Paper,
        figure: Figure,
        results: Iterable[Result],
        scale: Scale,
        seeds: Sequence[int],
        probe: Probe | None,
        looks: int = 1,
    ) -> Shown:
        """Sort the results of the figure's cells by seed."""
        by_cell: dict[Cell, list[Result]] = {Cell(scale.name, paper.name, *place): [] for place in figure.cells()}
        for result in sorted(results, key=lambda item: item.run):
            if result.run.cell in by_cell:
                by_cell[result.run.cell].append(result)
        looks = looks_of((result for found in by_cell.values() for result in found), looks)
        return cls(paper, figure, by_cell, scale, seeds, probe, looks)

    def found(self, place: Place, variant: str) -> Sequence[Result]:
        """The results of one cell, by seed."""
        return self.results.get(Cell(self.scale.name, self.paper.name, *place, variant), ())

    def measured(self, place: Place, variant: str, metric: str) -> Measured:
        """A metric of one cell's finished seeds; nothing where one diverged, since the mean of the survivors is biased."""
        results = self.found(place, variant)
        if any(result.status == "diverged" for result in results):
            return Measured.of(())
        return Measured.of([value for value in (result.metric(metric) for result in results) if math.isfinite(value)])

    def panel_title(self, place: Place) -> str:
        """Backbone and dataset as readers know them, and whether the data is a stand-in."""
        dataset, backbone = place
        words = f"{self.paper.label(backbone)}, {self.paper.label(dataset)}"
        return words + (" (stand-in data)" if self.stand_in(dataset) else "")

    def stand_in(self, dataset: str) -> bool:
        """Whether a dataset's results in this figure are, or will be, from stand-in data."""
        of_dataset = [result for cell, group in self.results.items() if cell.dataset == dataset for result in group]
        return drawn_from_stand_in(dataset, of_dataset, self.scale)

    def head(self, words: str) -> dict[str, Any]:
        """The fields of :class:`FigureView`; ``words`` is what the caption says of this kind."""
        figure, paper = self.figure, self.paper
        stand_in = any(self.stand_in(dataset) for dataset, _, _ in figure.cells())
        label = item_label(figure.name)
        sentences = [f"{label} of {paper.short}: {figure.title}.", f"Ours, scale {self.scale.title}.", words, figure.note]
        return {
            "kind": figure.kind,
            "paper": paper.name,
            "short": paper.short,
            "name": figure.name,
            "label": label,
            "title": figure.title,
            "remark": figure.note,
            "scale": self.scale.name,
            "stand_in": stand_in,
            "caption": " ".join(filter(None, [*sentences, "Stand-in data." if stand_in else ""])),
        }

    def networks(self) -> list[tuple[Place, ProbedNetwork | None]]:
        """A probed figure's networks by place; ``None`` where none was looked at."""
        looked = self.probe.networks if self.probe else [None] * len(self.figure.panels)
        return list(zip(self.figure.panels, looked, strict=True))

    def network_words(self) -> str:
        """Which networks a probed figure shows, as its caption says it."""
        looked = [network for _, network in self.networks() if network is not None]
        epochs = list(dict.fromkeys(f"{listed(list(map(str, network.epochs)))} of {network.trained}" for network in looked))
        noun = "epoch" if all(len(network.epochs) == 1 for network in looked) else "epochs"
        after = f" after {noun} {' and '.join(epochs)}" if epochs else ""
        which = "One network" if len(self.figure.panels) == 1 else "One network each"
        return f"{which}, seed {self.seeds[0]}{after}: {self.paper.label(self.figure.variant)}."


def absence(network: ProbedNetwork | None) -> str:
    """Why a network has nothing to show; empty where it has."""
    if network is None:
        return "no network yet"
    return "" if network.status == "finished" else f"training {network.status}"


def shaped(network: ProbedNetwork, name: str, *sides: int | None) -> bool:
    """Whether it has an array of numbers of that name and shape; a side of ``None`` may have any length."""
    array = network.arrays.get(name)
    if array is None or array.dtype.kind not in "fiu" or array.ndim != len(sides):
        return False
    return all(side in (None, length) for side, length in zip(sides, array.shape, strict=True))


def lacking(paper: Paper, found: Mapping[str, Sequence[Result]], seeds: Sequence[int]) -> list[str]:
    """What a panel's variants lack, in words."""
    notes = []
    for variant, results in found.items():
        finished = sum(result.status == "finished" for result in results)
        diverged = sum(result.status == "diverged" for result in results)
        if diverged:
            notes.append(f"{paper.label(variant)}: {diverged} of {counted(len(results), 'run')} diverged")
        elif not finished:
            notes.append(f"{paper.label(variant)}: no result yet")
        elif finished < len(seeds):
            notes.append(f"{paper.label(variant)}: {counted(finished, 'seed')}")
        if any(result.stale for result in results):
            notes.append(f"{paper.label(variant)}: stale, code changed since")
    return notes
