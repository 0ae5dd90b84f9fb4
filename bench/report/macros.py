"""A table's numbers as LaTeX macros: a key per number, and its value as text that stands in a sentence or a formula."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bench.report import latex
from bench.report.latex import Tex
from bench.report.view import CellView, Number, TableView

NONE = Tex("---")
NOWHERE = "-"  # a literature row has no backbone

# The last part of a key to what it names.
MEANINGS = {
    "mean": "ours, over the seeds (accuracies and errors in percent)",
    "sd": "its standard deviation (n - 1)",
    "n": "the number of finished runs",
    "gain": "over the baseline, in percentage points, positive is better",
    "low": "lower end of the gain's 95 % interval",
    "high": "its upper end",
    "p": "of the gain (Welch), Holm-adjusted in its family",
    "difference": "ours - paper, in percentage points",
    "verdict": "on the level",
    "gain-verdict": "on the gain",
    "paper": "the paper's number as printed",
    "paper-sd": "its printed standard deviation",
    "paper-gain": "the paper's gain",
}


def macros(view: TableView) -> Iterator[tuple[Tex, Tex]]:
    """Key and LaTeX value of everything in ``MEANINGS``, for every cell in reading order."""
    for cell in view.cells():
        start = cell_key(view, cell)
        for name, value in _values(cell).items():
            yield Tex(f"{start}/{name}"), value


def cell_key(view: TableView, cell: CellView) -> Tex:
    """What the keys of a cell's numbers begin with, as ``drrnet/table2/fusar/resnet18/dlb/accuracy``."""
    return Tex("/".join(key_part(part or NOWHERE) for part in (view.paper, view.name, *cell.key)))


def table_label(view: TableView, number: int) -> Tex:
    r"""What ``\ref`` names the table's float by: ``tab:drrnet/table2``, its further ones ``tab:drrnet/table2/2``."""
    name = f"tab:{key_part(view.paper)}/{key_part(view.name)}"
    return Tex(name if number == 1 else f"{name}/{number}")


def key_part(text: str) -> Tex:
    """An id as a part of a key; a character that ids do not have becomes its code point, so that nothing in it acts."""
    return Tex(re.sub(r"[^A-Za-z0-9.+_-]", lambda found: f"U+{ord(found[0]):04X}", text))


def _values(cell: CellView) -> dict[str, Tex]:
    gain, paper = cell.gain, cell.paper
    found = dict.fromkeys(MEANINGS, NONE)
    found |= {"mean": _ours(cell, cell.mean), "sd": _ours(cell, cell.sd), "difference": _number(cell.difference)}
    if cell.seeds:
        found["n"] = latex.escape(cell.n)
    if gain:
        found |= {"low": _ours(cell, gain.interval.low), "high": _ours(cell, gain.interval.high)}
        found |= {"gain": _ours(cell, gain.estimate), "p": _ours(cell, gain.p_adjusted)}
    if paper:
        found |= {"paper": _number(paper.value), "paper-sd": _number(paper.sd), "paper-gain": _number(paper.gain)}
    for name, verdict in (("verdict", cell.level), ("gain-verdict", cell.gain_verdict)):
        if verdict:
            found[name] = latex.escape(verdict.text)
    return found


def _ours(cell: CellView, number: Number) -> Tex:
    """A number of ours; what must not be read as a result of the method says so wherever it is quoted."""
    flag = "stand-in" if cell.stand_in else "diverged" if cell.state == "diverged" else ""
    return Tex(rf"{_number(number)}\benchflag{{{flag}}}") if flag and number.known else _number(number)


def _number(number: Number) -> Tex:
    """Its text, right within a formula as well: there ``$-$`` would end the formula."""
    return Tex(latex.escape(number.text).replace("$-$", r"\ensuremath{-}")) if number.known else NONE
