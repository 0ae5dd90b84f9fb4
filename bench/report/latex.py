"""LaTeX text: everything that reaches a template is escaped unless it was made here."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from itertools import groupby, pairwise

from bench.report.verdicts import VerdictView
from bench.report.view import BlockView, CellView, RowView

LONGEST_VERDICT = 24  # characters
WIDEST, WIDEST_PLAIN = 6, 10  # columns that a page takes in readable letters, with intervals and without


class Tex(str):
    """Text that is LaTeX already."""

    __slots__ = ()


_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': "''", "`": r"\`{}", "[": "{[}", "]": "{]}",
    "−": "$-$", "±": r"$\pm$", "×": r"$\times$", "·": r"$\cdot$", "≤": r"$\leq$", "≥": r"$\geq$",
    "→": r"$\rightarrow$", "←": r"$\leftarrow$",
    "–": "--", "—": "---", "…": r"\dots{}", "’": "'", "‘": "`", "“": "``", "”": "''", "†": r"\dag{}", "°": r"$^{\circ}$",
    "\u00a0": "~",
    "α": r"$\alpha$", "β": r"$\beta$", "γ": r"$\gamma$", "δ": r"$\delta$", "ε": r"$\epsilon$", "η": r"$\eta$",
    "θ": r"$\theta$", "λ": r"$\lambda$", "μ": r"$\mu$", "µ": r"$\mu$", "σ": r"$\sigma$", "τ": r"$\tau$", "Δ": r"$\Delta$",
}  # fmt: skip


_OPENING = re.compile(r"(^|[\s(\[])\"")  # a straight quote that opens


def escape(value: object) -> Tex:
    """Any text as LaTeX that pdflatex sets without packages for scripts; what it cannot set is named by its code point."""
    if isinstance(value, Tex):
        return value
    return Tex("".join(_character(character) for character in _OPENING.sub(r"\1“", str(value))))


def _character(character: str) -> str:
    if character in _SPECIAL:
        return _SPECIAL[character]
    if character.isascii():
        return character if character.isprintable() else " "
    base = unicodedata.normalize("NFKD", character)
    if character in "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿ":
        return character
    if len(base) > 1 and base[0].isascii() and base[0].isalnum():
        return base[0]  # the letter without an accent that the standard fonts may lack
    if unicodedata.category(character) in ("Zs", "Cc", "Cf"):
        return " "
    return rf"\texttt{{U+{ord(character):04X}}}"


def ours(cell: CellView) -> Tex:
    """Mean ± sd with its marks, then the gain in brackets."""
    if not cell.mean.known:
        return escape(cell.words or "—") if cell.state == "diverged" else Tex("---" if cell.state != "reported" else "")
    mean = cell.mean.text
    mean = rf"\textbf{{{mean}}}" if cell.best else rf"\underline{{{mean}}}" if cell.not_below_best else mean
    parts = [mean]
    if cell.sd.known:
        parts.append(rf"{{\scriptsize$\pm$\,{cell.sd.text}}}")
    if cell.dagger:
        parts.append(r"$^{\dagger}$")
    if cell.gain and cell.gain.estimate.known:
        parts.append(rf" ({escape(cell.gain.estimate.text)})")
    note = cell.words if cell.state == "diverged" else cell.n_text
    if note:
        parts.append(rf" {{\scriptsize {escape(note)}}}")
    return Tex("".join(parts))


def interval(cell: CellView) -> Tex:
    """The 95 % interval of the gain."""
    return escape(cell.gain.interval.text) if cell.gain and cell.gain.interval.known else Tex("")


def probability(cell: CellView) -> Tex:
    """The adjusted p of the gain."""
    return escape(cell.gain.p_adjusted.text) if cell.gain and cell.gain.interval.known else Tex("")


def outcome(cell: CellView) -> Tex:
    """What the test of the gain came to, or why there is none."""
    return escape(cell.gain.words if cell.gain else cell.words)


def paper(cell: CellView) -> Tex:
    """The paper's number as printed, with its gain and whether its own numbers bear that out."""
    if not cell.paper:
        return Tex("---")
    parts = [str(escape(cell.paper.value.text))]
    if cell.paper.sd.known:
        parts.append(rf"{{\scriptsize$\pm$\,{escape(cell.paper.sd.text)}}}")
    if cell.paper.significant:
        parts.append(r"$^{\dagger}$")
    if cell.paper.gain.known:
        parts.append(f" ({escape(cell.paper.gain.text)})")
    return Tex("".join(parts))


def verdict(found: VerdictView | None) -> Tex:
    """The short text of a verdict; its name alone where a long reason would widen the column."""
    if not found:
        return Tex("")
    return escape(found.text if len(found.text) <= LONGEST_VERDICT else found.name)


def verdict_lines(row: RowView) -> tuple[tuple[str, tuple[VerdictView | None, ...]], ...]:
    """What a row's verdicts are on, and one per cell; one line where level and gain meet the same obstacle in every cell."""
    levels = tuple(cell.level if cell else None for cell in row.cells)
    cells = [cell for cell in row.cells if cell and cell.verdicts]
    if cells and all(len(cell.verdicts) == 1 for cell in cells):
        return ((cells[0].verdicts[0][0], levels),)
    lines = (("level", levels), ("gain", tuple(cell.gain_verdict if cell else None for cell in row.cells)))
    return tuple((name, line) for name, line in lines if any(line))


def parts(block: BlockView) -> tuple[BlockView, ...]:
    """The block in pieces of about as many columns each, to be set below one another where a page is too narrow for all."""
    columns = len(block.columns)
    widest = WIDEST if any(row.has_gains for row in block.rows) else WIDEST_PLAIN
    pieces = max(-(-columns // widest), 1)
    edges = [round(piece * columns / pieces) for piece in range(pieces + 1)]
    return tuple(_piece(block, start, end) for start, end in pairwise(edges)) if pieces > 1 else (block,)


def _piece(block: BlockView, start: int, end: int) -> BlockView:
    # Neighbours of one group are one heading; two groups of the same name are two, so their number goes along.
    groups = [(number, group) for number, (group, span) in enumerate(block.column_groups) for _ in range(span)]
    spans = tuple((group, len(list(same))) for (_, group), same in groupby(groups[start:end]))
    rows = tuple(replace(row, cells=row.cells[start:end]) for row in block.rows)
    return replace(block, columns=block.columns[start:end], column_groups=spans, rows=rows)
