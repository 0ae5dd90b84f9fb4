"""Figures: values first (a view), then SVG and PDF. Every file of this folder draws the kind that it is named after.

A kind's file has ``view(shown)``, which gives values and words alone, and ``compose(view)``, which puts them on a canvas. What
several kinds share stands in ``shared``.
"""

from __future__ import annotations

import html as entities
import importlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bench.plan import Figure, Paper, Scale
from bench.plan.files import write_atomically
from bench.probes import Probe
from bench.records.result import Result
from bench.report.figures.shared.canvas import saved, styled
from bench.report.figures.shared.shown import FigureView, Shown

SCALE, STAND_IN = "scale ", "stand-in data"  # keywords in a figure's metadata
HEAD = 32_768  # characters of an SVG that hold its metadata


def figure_view(
    paper: Paper,
    figure: Figure,
    results: Iterable[Result],
    scale: Scale,
    seeds: Sequence[int],
    probe: Probe | None = None,
) -> FigureView:
    """Everything that a drawn figure shows; results of other scales, papers and cells are left aside.

    Parameters
    ----------
    probe
        What its networks show; for the kinds that show networks.
    """
    view: FigureView = _kind(figure.kind).view(Shown.of(paper, figure, results, scale, seeds, probe))
    return view


def draw(view: FigureView) -> dict[str, bytes]:
    """The figure as SVG and PDF, without dates and random ids: the same values give the same bytes."""
    with styled():
        figure = _kind(view.kind).compose(view)
        title = f"{view.label}: {view.title}"
        keywords = [SCALE + view.scale, *([STAND_IN] if view.stand_in else [])]
        described = {"Title": title, "Description": view.caption, "Keywords": keywords}
        return {
            "svg": saved(figure, "svg", {"Date": None, "Creator": None, **described}),
            "pdf": saved(figure, "pdf", {"CreationDate": None, "Creator": None, "Producer": None, "Title": title}),
        }


def render_figure(view: FigureView, stem: Path) -> list[Path]:
    """Write ``<stem>.svg`` and ``<stem>.pdf``; each is the old file or the whole new one."""
    paths = []
    for suffix, content in draw(view).items():
        path = stem.with_name(f"{stem.name}.{suffix}")
        write_atomically(path, content)
        paths.append(path)
    return paths


def read_keywords(svg: Path) -> tuple[str, bool]:
    """The scale that a drawn figure is of (empty where it does not say), and whether stand-in data is in it."""
    with svg.open(encoding="utf-8", errors="replace") as file:
        words = [
            entities.unescape(word) for word in re.findall(r"<rdf:li>(.*?)</rdf:li>", file.read(HEAD).partition("<defs>")[0])
        ]
    scales = [word.removeprefix(SCALE) for word in words if word.startswith(SCALE)]
    return ", ".join(scales), STAND_IN in words


def _kind(name: str) -> Any:
    return importlib.import_module(f"bench.report.figures.{name}")
