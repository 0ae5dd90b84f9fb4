"""Figures to SVG and PDF. The same values give the same bytes; lines differ in style and colour."""

from __future__ import annotations

import io
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.plan.files import write_atomically
from bench.report.curves import FigureView, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours, told apart by colour-blind readers too, each with its own dashes for print.
STYLES = (
    ("#0072B2", (0, ())),
    ("#D55E00", (0, (5, 2))),
    ("#007A5A", (0, (1, 1.3))),
    ("#A64D79", (0, (6, 1.5, 1, 1.5))),
    ("#333333", (0, (3, 1, 1, 1, 1, 1))),
    ("#B8860B", (0, (8, 3))),
)
SETTINGS: Any = {
    "svg.hashsalt": "bench",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#555555",
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "path.simplify": False,
}


def render_figure(view: FigureView, stem: Path) -> list[Path]:
    """Write ``<stem>.svg`` and ``<stem>.pdf``; each is the old file or the whole new one."""
    drawn = draw(view)
    paths = []
    for suffix, content in drawn.items():
        path = stem.with_name(f"{stem.name}.{suffix}")
        write_atomically(path, content)
        paths.append(path)
    return paths


def draw(view: FigureView) -> dict[str, bytes]:
    """The figure as SVG and PDF, without dates and random ids."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with rc_context(SETTINGS):
        columns = min(2, len(view.panels))
        rows = -(-len(view.panels) // columns)
        figure = Figure(figsize=(4.1 * columns, 2.75 * rows + 0.75), layout="constrained")
        FigureCanvasAgg(figure)
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True)
        places = [axes for row in grid for axes in row]
        for axes, panel in zip(places, view.panels, strict=False):
            _panel(axes, panel, view.stand_in)
        for row in grid:
            row[0].set_ylabel(_literal(view.axis))
        for axes in grid[-1]:
            axes.set_xlabel("Epoch")
        for axes in places[len(view.panels) :]:
            axes.set_visible(False)
        _legend(figure, places[: len(view.panels)])
        figure.suptitle(_wrapped(view.caption), fontsize=8, color="#333333", x=0.01, ha="left")
        title = f"{view.label}: {view.title}"
        return {
            "svg": _saved(figure, "svg", {"Date": None, "Creator": None, "Title": title, "Description": view.caption}),
            "pdf": _saved(figure, "pdf", {"CreationDate": None, "Creator": None, "Producer": None, "Title": title}),
        }


def _panel(axes: Axes, panel: Panel, stand_in: bool) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_title(_literal(panel.title + (" (stand-in data)" if stand_in else "")))
    for (colour, dashes), line in zip(_styles(len(panel.lines)), panel.lines, strict=True):
        epochs = range(1, len(line.mean) + 1)
        axes.plot(epochs, line.mean, color=colour, linestyle=dashes, linewidth=1.6, label=_literal(line.label))
        if line.n > 1:
            low = [mean - sd for mean, sd in zip(line.mean, line.sd, strict=True)]
            high = [mean + sd for mean, sd in zip(line.mean, line.sd, strict=True)]
            axes.fill_between(epochs, low, high, color=colour, alpha=0.16, linewidth=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.margins(x=0.02)
    if panel.note:
        note = _literal(panel.note).replace("; ", "\n")
        axes.text(0.99, 0.02, note, transform=axes.transAxes, ha="right", va="bottom", color="#a62b12", fontsize=7)


def _styles(count: int) -> list[tuple[str, Any]]:
    return [STYLES[position % len(STYLES)] for position in range(count)]


def _legend(figure: Figure, places: list[Axes]) -> None:
    """One legend for all panels: a name stands for the same line everywhere."""
    handles: dict[str, Any] = {}
    for axes in places:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    if handles:
        figure.legend(
            list(handles.values()), list(handles), loc="outside lower center", ncols=4, frameon=False, handlelength=3.4
        )


def _literal(text: str) -> str:
    """Text that is not read as a formula, except for the names of the two weights."""
    return re.sub(r"\bw_(LB|KD)\b", r"$w_\\mathrm{\1}$", text.replace("$", r"\$"))


def _wrapped(text: str) -> str:
    return _literal("\n".join(textwrap.wrap(text, 118)))


def _saved(figure: Figure, suffix: str, metadata: dict[str, str | None]) -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format=suffix, metadata=metadata)
    return content.getvalue()
