"""Figures as values, a class per kind: which cells each shows, and at which shares of a training it looks at networks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from bench.plan.errors import BenchError, one_of
from bench.plan.metrics import SCORES

Place = tuple[str, str]  # dataset, backbone


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What every figure has. ``kind`` is the name of the file that draws it, and of the probe where it shows networks."""

    name: str
    title: str
    note: str = ""
    kind: ClassVar[str]
    probed: ClassVar[bool] = False
    """Whether it shows networks, which a probe looks at after the training, and not the numbers of records."""

    def cells(self) -> Iterator[tuple[str, str, str]]:
        """(dataset, backbone, variant) of everything shown, in reading order."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class CurvesFigure(Figure):
    """Values over epochs: a panel per place, a line per variant and curve."""

    kind = "curves"
    panels: tuple[Place, ...]
    variants: tuple[str, ...]
    curves: tuple[str, ...]

    def cells(self) -> Iterator[tuple[str, str, str]]:
        return ((*place, variant) for place in self.panels for variant in self.variants)


@dataclass(frozen=True)
class SweepLine:
    """A line's label and the variant at each x; ``None`` leaves a place out."""

    label: str
    variants: tuple[str | None, ...]


@dataclass(frozen=True)
class SweepPanel:
    """One place, what is varied there, and the variant whose level is drawn across (empty: none)."""

    place: Place
    title: str
    axis: str
    x: tuple[float | str, ...]
    lines: tuple[SweepLine, ...]
    reference: str = ""


@dataclass(frozen=True, kw_only=True)
class SweepFigure(Figure):
    """A metric against a hyper-parameter, a generation or words."""

    kind = "sweep"
    metric: str
    panels: tuple[SweepPanel, ...]

    def cells(self) -> Iterator[tuple[str, str, str]]:
        for panel in self.panels:
            named = (panel.reference or None, *(variant for line in panel.lines for variant in line.variants))
            yield from ((*panel.place, variant) for variant in named if variant is not None)


@dataclass(frozen=True, kw_only=True)
class ComputeFigure(Figure):
    """A metric against compute: the methods of a table, and its baseline and controls as a curve."""

    kind = "compute"
    places: tuple[tuple[str, str, str], ...]
    metric: str
    baseline: str
    controls: tuple[str, ...]

    def cells(self) -> Iterator[tuple[str, str, str]]:
        return iter(self.places)


@dataclass(frozen=True, kw_only=True)
class ProbedFigure(Figure):
    """What networks of one variant show at shares of their training, a network per place: that of the first seed."""

    probed = True
    variant: str
    panels: tuple[Place, ...]
    epochs: tuple[float, ...] = (1.0,)

    def cells(self) -> Iterator[tuple[str, str, str]]:
        return ((*place, self.variant) for place in self.panels)


@dataclass(frozen=True, kw_only=True)
class ScoresFigure(ProbedFigure):
    """Sorted confidence scores on the training set, and on one of the datasets which class comes second."""

    kind = "scores"
    matrix: str


@dataclass(frozen=True, kw_only=True)
class AttentionFigure(ProbedFigure):
    """Where the stages of a classifier, and of its self-teacher, are active on sample images."""

    kind = "attention"
    samples: int = 1


@dataclass(frozen=True, kw_only=True)
class EmbeddingFigure(ProbedFigure):
    """Penultimate features in the plane: the full network, and sub-networks that lack ``skipped`` residual blocks each."""

    kind = "embedding"
    skipped: tuple[int, ...] = ()
    classes: int = 10
    images: int = 500


def figure_from(name: str, facts: Mapping[str, Any], where: str, tables: Mapping[str, Any]) -> Figure:
    """A figure of a paper's file, whose tables are ``tables``.

    Raises
    ------
    BenchError
        If a table or a sweep's metric does not exist, a line lacks a variant for an x, or no panel shows a matrix's dataset.
    """
    common = {"name": name, "title": facts["title"], "note": facts.get("note", "")}
    kind = facts["kind"]
    if kind == "compute":
        if facts["table"] not in tables:
            raise BenchError(f"{where}: no table '{facts['table']}'; {one_of(facts['table'], tables)}")
        table = tables[facts["table"]]
        entries = [entry for entry in table.entries() if entry.trained]
        cells = tuple(dict.fromkeys((entry.dataset, entry.backbone, entry.variant) for entry in entries))
        return ComputeFigure(**common, places=cells, metric=entries[0].metric, baseline=table.baseline, controls=table.controls)
    if kind == "sweep":
        metric = facts.get("metric", "accuracy")
        if metric not in SCORES:
            raise BenchError(f"{where}: metric '{metric}' cannot be drawn; {one_of(metric, SCORES)}")
        panels = tuple(_sweep_panel(facts, panel, where) for panel in facts["panels"])
        return SweepFigure(**common, metric=metric, panels=panels)
    places = tuple((panel["dataset"], panel["backbone"]) for panel in facts["panels"])
    if kind == "curves":
        return CurvesFigure(**common, panels=places, variants=tuple(facts["variants"]), curves=tuple(facts["curves"]))
    own = {key: tuple(value) if isinstance(value, list) else value for key, value in facts.items()}
    probed = {**own, **common, "panels": places}
    del probed["kind"]
    figure = PROBED[kind](**probed)
    if isinstance(figure, ScoresFigure) and figure.matrix not in {dataset for dataset, _ in places}:
        raise BenchError(f"{where}: matrix '{figure.matrix}' is no dataset of its panels")
    return figure


PROBED: Mapping[str, type[ProbedFigure]] = {kind.kind: kind for kind in (ScoresFigure, AttentionFigure, EmbeddingFigure)}


def epoch_at(share: float, epochs: int) -> int:
    """The epoch (counted from 1) that is nearest to a share of the training; halves go up."""
    return max(1, math.floor(share * epochs + 0.5))


def _sweep_panel(figure: Mapping[str, Any], panel: Mapping[str, Any], where: str) -> SweepPanel:
    """A panel's own keys win over those of the figure."""
    place = (panel["dataset"], panel["backbone"])
    facts = {key: panel.get(key, figure.get(key)) for key in ("axis", "x", "lines", "reference")}
    for key in ("axis", "x", "lines"):
        if facts[key] is None:
            raise BenchError(f"{where}: neither the figure nor its panel {'/'.join(place)} says '{key}'")
    x = tuple(facts["x"])
    lines = tuple(SweepLine(line.get("label", ""), tuple(line["variants"])) for line in facts["lines"])
    for line in lines:
        if len(line.variants) != len(x):
            raise BenchError(f"{where}: line '{line.label}' has {len(line.variants)} variants for {len(x)} values of x")
    return SweepPanel(place, panel.get("title", ""), facts["axis"], x, lines, facts["reference"] or "")
