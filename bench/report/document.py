"""``paper.tex`` of a scale: one document of every table and figure that is rendered, and its PDF where pdflatex is there."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.plan import BenchError, Paper
from bench.plan.pages import Page
from bench.records.sources import sources_of_site
from bench.records.summary import Summary, summary_at, write_rendered
from bench.report.latex import Tex
from bench.report.render import tex

NAME = "paper.tex"
LONGEST = 600  # seconds that pdflatex may take
REASON = 300  # characters of its complaint


def document_view(papers: Iterable[Paper], scale: str, stored: bool = False) -> list[tuple[Paper, list[Summary]]]:
    """The papers of which anything is rendered at a scale, with what is."""
    found = []
    for paper in papers:
        pages = (Page(scale, paper.name, name, stored) for name in paper.items)
        found.append((paper, [summary for summary in map(summary_at, pages) if summary]))
    return [(paper, items) for paper, items in found if items]


def write_document(papers: Iterable[Paper], scale: str, stored: bool = False) -> Path:
    """Write ``paper.tex`` of a scale; it inputs what lies below, from there and from the folder above."""
    papers, page = list(papers), Page(scale, "", "paper", stored)
    sources = sources_of_site(papers, scale, stored)
    text = tex("paper.tex.j2", papers=document_view(papers, scale, stored), scale=Tex(scale), path=_path)
    write_rendered(Summary("document", scale, stored, "", "paper", sources=sources), {".tex": text})
    return page.file(".tex")


def _path(summary: Summary, ending: str) -> Tex:
    """A rendered file, relative to the folder of its scale; names of papers and items are ids."""
    return Tex(f"{summary.folder}/{summary.name}{ending}")


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
