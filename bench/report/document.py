"""``paper.tex`` of a scale: one document of every table and figure that is rendered, and its PDF where pdflatex is there."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from bench.plan import BenchError, Paper
from bench.plan.pages import Page
from bench.records.sources import sources_of_site
from bench.records.summary import Summary, summary_at, write_rendered
from bench.report.latex import Tex
from bench.report.render import tex

NAME = "paper.tex"
LONGEST = 600  # seconds that pdflatex may take
REASON = 300  # characters of its complaint


@dataclass(frozen=True)
class DocumentItem:
    """A rendered table or figure; files are relative to the folder of its scale, ``rows`` is a digest."""

    kind: Literal["table", "figure"]
    label: str
    title: str
    note: str
    file: Tex
    notes: Tex
    scale: str
    stand_in: bool
    rows: str


@dataclass(frozen=True)
class DocumentPaper:
    """A paper with what is rendered of it."""

    short: str
    title: str
    citation: str
    items: tuple[DocumentItem, ...]


def document_view(papers: Iterable[Paper], scale: str, stored: bool = False) -> tuple[DocumentPaper, ...]:
    """The papers of which anything is rendered at a scale."""
    found = []
    for paper in papers:
        pages = (Page(scale, paper.name, name, stored) for name in (*paper.tables, *paper.figures))
        items = tuple(_item(summary) for summary in map(summary_at, pages) if summary)
        found.append(DocumentPaper(paper.short, paper.title, paper.citation, items))
    return tuple(paper for paper in found if paper.items)


def write_document(papers: Iterable[Paper], scale: str, stored: bool = False) -> Path:
    """Write ``paper.tex`` of a scale; it inputs what lies below, from there and from the folder above."""
    papers, page = list(papers), Page(scale, "", "paper", stored)
    sources = sources_of_site(papers, scale, stored)
    text = tex("paper.tex.j2", papers=document_view(papers, scale, stored), scale=Tex(scale))
    write_rendered(Summary("document", scale, stored, "", "paper", sources=sources), {".tex": text})
    return page.file(".tex")


def typeset(folder: Path) -> Path:
    """Make ``paper.pdf`` of the ``paper.tex`` in a scale's folder.

    Raises
    ------
    BenchError
        If the document or pdflatex is not there, or pdflatex fails; the PDF is then what it was.
    """
    source = folder / NAME
    if not source.is_file():
        raise BenchError(f"{source}: not there; `python -m bench report paper` writes it")
    if shutil.which("pdflatex") is None:
        raise BenchError(
            f"{source.with_suffix('.pdf')}: needs pdflatex, which is not on the PATH; {source} is complete without"
        )
    with TemporaryDirectory(prefix=".paper-", dir=folder) as temporary:
        target = Path(temporary).relative_to(folder)
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", f"-output-directory={target}"]
        try:
            done = subprocess.run([*command, NAME], cwd=folder, capture_output=True, timeout=LONGEST, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BenchError(f"{source}: pdflatex does not finish ({error})") from None
        made = Path(temporary, NAME).with_suffix(".pdf")
        if done.returncode or not made.is_file():
            raise BenchError(f"{source}: pdflatex fails ({_complaint(done.stdout.decode(errors='replace'))})")
        return made.replace(source.with_suffix(".pdf"))


def _complaint(output: str) -> str:
    """The first fault in what pdflatex says, and the line that it is in."""
    lines = output.splitlines()
    start = next((number for number, line in enumerate(lines) if line.startswith("!")), max(len(lines) - 1, 0))
    place = next((line for line in lines[start:] if line.startswith("l.")), "")
    return " ".join(filter(None, [*lines[start : start + 1], place]))[:REASON] or "it says nothing"


def _item(summary: Summary) -> DocumentItem:
    start = f"{summary.folder}/{summary.name}"
    file = f"{start}.tex" if summary.kind == "table" else f"{start}.pdf"
    return DocumentItem(
        kind="table" if summary.kind == "table" else "figure",
        label=summary.label,
        title=summary.title,
        note=summary.note,
        file=Tex(file),
        notes=Tex(f"{start}-notes.tex"),
        scale=summary.scale,
        stand_in=summary.stand_in,
        rows=summary.rows,
    )
