"""``reports/paper.tex``: one document of every table and figure that is rendered, and its PDF where pdflatex is there."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from bench.plan import BenchError, Figure, Paper, Table
from bench.plan.files import write_atomically
from bench.report.figures import read_keywords
from bench.report.latex import Tex
from bench.report.render import tex
from bench.report.table import item_label

NAME = "paper.tex"
LONGEST = 600  # seconds that pdflatex may take
REASON = 300  # characters of its complaint


@dataclass(frozen=True)
class DocumentItem:
    """A rendered table or figure; files are relative to the document."""

    kind: Literal["table", "figure"]
    label: str
    title: str
    note: str
    file: Tex
    notes: Tex | None = None
    scale: str = ""
    stand_in: bool = False


@dataclass(frozen=True)
class DocumentPaper:
    """A paper with what is rendered of it."""

    short: str
    title: str
    citation: str
    items: tuple[DocumentItem, ...]


def document_view(papers: Iterable[Paper], reports: Path) -> tuple[DocumentPaper, ...]:
    """The papers of which anything is rendered below ``reports``."""
    found = []
    for paper in papers:
        tables = [_table(paper, table, reports) for table in paper.tables.values()]
        figures = [_figure(paper, figure, reports) for figure in paper.figures.values()]
        items = tuple(item for item in (*tables, *figures) if item)
        found.append(DocumentPaper(paper.short, paper.title, paper.citation, items))
    return tuple(paper for paper in found if paper.items)


def write_document(papers: Iterable[Paper], reports: Path) -> Path:
    """Write ``paper.tex`` into ``reports``; it inputs what lies below."""
    path = reports / NAME
    write_atomically(path, tex("paper.tex.j2", papers=document_view(papers, reports)))
    return path


def typeset(reports: Path) -> Path:
    """Make ``paper.pdf`` of ``paper.tex``.

    Raises
    ------
    BenchError
        If the document or pdflatex is not there, or pdflatex fails; the PDF is then what it was.
    """
    source = reports / NAME
    if not source.is_file():
        raise BenchError(f"{source}: not there; `python -m bench report paper` writes it")
    if shutil.which("pdflatex") is None:
        raise BenchError(
            f"{source.with_suffix('.pdf')}: needs pdflatex, which is not on the PATH; {source} is complete without"
        )
    with TemporaryDirectory(prefix=".paper-", dir=reports) as folder:
        target = Path(folder).relative_to(reports)
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", f"-output-directory={target}"]
        try:
            done = subprocess.run([*command, NAME], cwd=reports, capture_output=True, timeout=LONGEST, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BenchError(f"{source}: pdflatex does not finish ({error})") from None
        made = Path(folder, NAME).with_suffix(".pdf")
        if done.returncode or not made.is_file():
            raise BenchError(f"{source}: pdflatex fails ({_complaint(done.stdout.decode(errors='replace'))})")
        return made.replace(source.with_suffix(".pdf"))


def _complaint(output: str) -> str:
    """The first fault in what pdflatex says, and the line that it is in."""
    lines = output.splitlines()
    start = next((number for number, line in enumerate(lines) if line.startswith("!")), max(len(lines) - 1, 0))
    place = next((line for line in lines[start:] if line.startswith("l.")), "")
    return " ".join(filter(None, [*lines[start : start + 1], place]))[:REASON] or "it says nothing"


def _table(paper: Paper, table: Table, reports: Path) -> DocumentItem | None:
    files = [f"{paper.name}/{table.name}{ending}.tex" for ending in ("", "-notes")]
    if not all((reports / file).is_file() for file in files):
        return None
    return DocumentItem("table", item_label(table.name), table.title, "", Tex(files[0]), Tex(files[1]))


def _figure(paper: Paper, figure: Figure, reports: Path) -> DocumentItem | None:
    stem = f"{paper.name}/{figure.name}"
    if not all((reports / f"{stem}.{ending}").is_file() for ending in ("svg", "pdf")):
        return None
    scale, stand_in = read_keywords(reports / f"{stem}.svg")
    words = (item_label(figure.name), figure.title, figure.note)
    return DocumentItem("figure", *words, Tex(f"{stem}.pdf"), scale=scale, stand_in=stand_in)
