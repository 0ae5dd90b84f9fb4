"""The canvas: one look for all figures, legible in print and without colour, and bytes that repeat."""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours (darkened where they are pale on paper), told apart by colour-blind readers too.
COLOURS = ("#0072B2", "#D55E00", "#007A5A", "#A64D79", "#333333", "#B8860B", "#56A3D9", "#8C3B00", "#6A51A3", "#7F7F7F")
DASHES: tuple[Any, ...] = (
    (0, ()),
    (0, (5, 2)),
    (0, (1, 1.3)),
    (0, (6, 1.5, 1, 1.5)),
    (0, (3, 1, 1, 1, 1, 1)),
    (0, (8, 3)),
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", "*", ">")
LETTER = 0.078  # inches that a letter of a legend takes
QUIET = "#777777"
SOFT = "#333333"
WARNING = "#a62b12"
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


def styled() -> AbstractContextManager[Any]:
    """The look, for the length of a block."""
    from matplotlib import rc_context

    return rc_context(SETTINGS)


def canvas(width: float, height: float, caption: str) -> Figure:
    """An empty figure, in inches, with its caption above all panels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    lines = textwrap.wrap(caption, max(40, int(16.5 * width)), break_on_hyphens=False)
    figure = Figure(figsize=(width, height + 0.15 * len(lines)), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(literal("\n".join(lines)), fontsize=8, color=SOFT, x=0.01, ha="left")
    return figure


def panels(grid: Any, count: int, axis: str) -> list[Axes]:
    """The first ``count`` places of a grid, row by row, the first of each row with the axis's words; the others are hidden."""
    places = [axes for row in grid for axes in row]
    for row in grid:
        row[0].set_ylabel(literal(axis))
    for axes in places[count:]:
        axes.set_visible(False)
    return places[:count]


def title(text: str, width: float) -> str:
    """A panel's title; where the panel, ``width`` inches wide, is narrower, it breaks before its bracket."""
    if len(text) * LETTER > width and " (" in text:
        head, _, tail = text.rpartition(" (")
        text = f"{head}\n({tail}"
    return literal(text)


def legend(figure: Figure, places: Sequence[Axes], most: int = 4, last: Sequence[str] = (), **look: Any) -> None:
    """One legend below all panels: a name stands for the same line everywhere.

    Parameters
    ----------
    most
        Columns, fewer where the names are long.
    last
        Names that stand at the end.
    """
    handles: dict[str, Any] = {}
    for axes in places:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    if handles:
        names = sorted(handles, key=lambda name: name in last)
        look = {"handlelength": 3.4, "frameon": False, **look}
        widest = max(map(len, names)) * LETTER + (look["handlelength"] + 3.0) * 9 / 72
        columns = max(1, min(most, len(names), int(figure.get_figwidth() / widest)))
        figure.legend([handles[name] for name in names], names, loc="outside lower center", ncols=columns, **look)


def note(axes: Axes, text: str) -> None:
    """What a panel lacks, in its lower right corner."""
    if text:
        words = literal(text).replace("; ", "\n")
        axes.text(0.99, 0.02, words, transform=axes.transAxes, ha="right", va="bottom", color=WARNING, fontsize=7, zorder=5)


def emptied(axes: Axes, text: str = "") -> None:
    """A place without axes; ``text`` says in it why there is nothing."""
    axes.set_axis_off()
    if text:
        axes.text(0.5, 0.5, literal(text), transform=axes.transAxes, ha="center", va="center", color=WARNING, fontsize=8)


def bare(axes: Axes) -> None:
    """A frame without ticks, grid and numbers, for pictures and maps."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_linewidth(0.5)


def literal(text: str) -> str:
    """Text that is not read as a formula, except for the names of the two weights."""
    return re.sub(r"\bw_(LB|KD)\b", r"$w_\\mathrm{\1}$", text.replace("$", r"\$"))


def saved(figure: Figure, suffix: str, metadata: Mapping[str, Any]) -> bytes:
    """The figure's bytes in one format."""
    content = io.BytesIO()
    figure.savefig(content, format=suffix, metadata=metadata)
    return _numbered(content.getvalue()) if suffix == "svg" else content.getvalue()


def _numbered(svg: bytes) -> bytes:
    """The same picture with ids that count.

    matplotlib's are hashes of places to the last digit, which the layout's solver does not repeat; what is printed of a place
    does repeat.
    """
    names: dict[bytes, bytes] = {}

    def number(match: re.Match[bytes]) -> bytes:
        name = names.setdefault(match[2], b"i%d" % len(names))
        return match[1] + name + match[3]

    return re.sub(rb'(id="|"#|url\(#)([A-Za-z]+[0-9a-f]{10})(["\)])', number, svg)
