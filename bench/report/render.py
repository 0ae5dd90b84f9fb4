"""Views to text and files: HTML (autoescaped), LaTeX (escaped), CSV. The only place where tables are written."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.plan.files import write_atomically
from bench.report import latex
from bench.report.rows import table_csv
from bench.report.view import SYMBOLS, TableView, slug

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).with_name("templates")


def render_table(view: TableView, stem: Path) -> list[Path]:
    """Write ``<stem>.html``, ``.tex`` and ``.csv``; each is the old file or the whole new one.

    Parameters
    ----------
    stem
        Path without suffix, as ``reports/drrnet/table2``.
    """
    texts = {".html": table_html(view), ".tex": table_tex(view), ".csv": table_csv(view)}
    paths = [stem.with_name(stem.name + suffix) for suffix in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        write_atomically(path, text)
    return paths


def table_html(view: TableView) -> str:
    """One self-contained page."""
    return html("table.html.j2", view=view)


def table_tex(view: TableView) -> str:
    """One file that compiles as it is with pdflatex."""
    return _latex_environment().get_template("table.tex.j2").render(view=view) + "\n"


def html(template: str, **values: Any) -> str:
    """Render a template with autoescaping; what it names and is not given is an error."""
    return _html_environment().get_template(template).render(**values) + "\n"


@lru_cache(maxsize=1)
def _html_environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(slug=slug, symbol=SYMBOLS.__getitem__)
    return environment


@lru_cache(maxsize=1)
def _latex_environment() -> Environment:
    """Delimiters that LaTeX does not use, and ``finalize`` so that every value is escaped without being asked."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        autoescape=False,
        finalize=latex.escape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(ours=latex.ours, interval=latex.interval, paper=latex.paper, verdict=latex.verdict)
    return environment
