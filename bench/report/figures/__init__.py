"""Figures: values first (a view), then SVG and PDF. Every file of this folder draws the kind that it is named after.

A kind's file has ``view(shown)``, which gives values and words alone, and ``compose(view)``, which puts them on a canvas. What
several kinds share stands in ``shared``.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bench.plan import Figure, Paper, Scale
from bench.probes import Probe
from bench.records.result import Result
from bench.records.sources import Sources
from bench.records.summary import Summary, digest_of, write_rendered
from bench.report.figures.shared.canvas import saved, styled
from bench.report.figures.shared.shown import FigureView, Shown


def figure_view(
    paper: Paper,
    figure: Figure,
    results: Iterable[Result],
    scale: Scale,
    seeds: Sequence[int],
    probe: Probe | None = None,
    looks: int = 1,
) -> FigureView:
    """Everything that a drawn figure shows; results of other scales, papers and cells are left aside.

    Parameters
    ----------
    probe
        What its networks show; for the kinds that show networks.
    looks
        How often results are tested as seeds are added, as in a table; for the kind that tests.
    """
    view: FigureView = _kind(figure.kind).view(Shown.of(paper, figure, results, scale, seeds, probe, looks))
    return view


def draw(view: FigureView) -> dict[str, bytes]:
    """The figure as SVG and PDF, without dates and random ids: the same values give the same bytes."""
    with styled():
        figure = _kind(view.kind).compose(view)
        title = f"{view.label}: {view.title}"
        keywords = [f"scale {view.scale}", *(["stand-in data"] if view.stand_in else [])]
        described = {"Title": title, "Description": view.caption, "Keywords": keywords}
        return {
            "svg": saved(figure, "svg", {"Date": None, "Creator": None, **described}),
            "pdf": saved(figure, "pdf", {"CreationDate": None, "Creator": None, "Producer": None, "Title": title}),
        }


def render_figure(view: FigureView, sources: Sources | None = None) -> list[Path]:
    """Write a figure's files below ``reports``, its summary last; each is the old file or the whole new one."""
    drawn = draw(view)
    summary = Summary(
        kind="figure",
        scale=view.scale,
        stored=view.stored,
        folder=view.paper,
        name=view.name,
        label=view.label,
        title=view.title,
        note=view.remark,
        stand_in=view.stand_in,
        rows=digest_of(drawn["svg"]),
        sources=sources or Sources(),
    )
    return write_rendered(summary, {f".{suffix}": content for suffix, content in drawn.items()})


def _kind(name: str) -> Any:
    return importlib.import_module(f"bench.report.figures.{name}")
