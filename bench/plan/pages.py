"""Where rendered pages lie: below ``reports/<scale>``, those of stored results below ``reports/stored/<scale>``.

A short name, as ``reports/table2.html``, stands for the page of the settings' scale and default paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

REPORTS = Path("reports")
COMPARE = "compare"  # the folder of new methods' pages
TUNE = "tune"  # of the tunings' pages
TUNE_ENDINGS = (".html", ".yaml", ".csv")
WHOLE = ("index.html", "paper.tex", "paper.pdf")  # made of everything that is rendered of a scale
TABLE_ENDINGS = (".html", ".csv", ".tex", "-notes.tex", "-numbers.tex")
FIGURE_ENDINGS = (".svg", ".pdf")
COMPARISON_ENDINGS = (".html", ".tex", ".csv")
SUMMARY = ".json"  # what a rendered item says of itself, beside it
SHORTEST = (".html", ".tex", ".csv")  # endings that the default paper's tables have without their paper's name


@dataclass(frozen=True)
class Page:
    """A rendered item: ``folder`` is a paper's name, ``compare``, or empty for what is made of everything."""

    scale: str
    folder: str
    name: str
    stored: bool = False

    @property
    def site(self) -> Path:
        """The folder of everything that is rendered of its scale, with an index of its own."""
        return site(self.scale, self.stored)

    @property
    def stem(self) -> Path:
        """Its path without an ending."""
        return self.site / self.folder / self.name

    def file(self, ending: str) -> Path:
        return self.stem.with_name(self.name + ending)

    @property
    def summary(self) -> Path:
        return self.file(SUMMARY)


def site(scale: str, stored: bool = False) -> Path:
    """The folder of one scale's pages."""
    return REPORTS / "stored" / scale if stored else REPORTS / scale


def long_name(short: str, scale: str, paper: str) -> Path:
    """The page that a short name stands for.

    Parameters
    ----------
    short
        Below ``reports``: ``table2.html``, ``frskd/figure3.svg``, ``index.html``, ``compare/mine.html``.
    paper
        The default paper, whose tables need no folder.
    """
    return site(scale) / (short if "/" in short or short in WHOLE else f"{paper}/{short}")
