"""Views to text and files: HTML (autoescaped), LaTeX (escaped), CSV, and the summary beside them."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.records.sources import Sources
from bench.records.summary import Summary, digest_of, write_rendered
from bench.report import latex
from bench.report.across.picture import picture
from bench.report.macros import MEANINGS, cell_key, macros, table_label
from bench.report.markdown import page_markdown
from bench.report.page import PageView
from bench.report.pagedata import anchor, page_data
from bench.report.rows import cells_csv, table_csv
from bench.report.verdicts import SYMBOLS, slug, tone
from bench.report.view import TableView
from bench.stats.words import p_words

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

TEMPLATES = Path(__file__).with_name("templates")


def render_page(view: PageView, sources: Sources | None = None) -> list[Path]:
    """Write a page's files below ``reports``, its summary last; each is the old file or the whole new one.

    Parameters
    ----------
    sources
        What it is made of, where the workflow is to know whether that has changed.
    """
    texts = {".html": page_html(view), ".csv": table_csv(view.tables), ".tex": tables_tex(view)}
    if not view.compares:
        texts |= {"-notes.tex": notes_tex(view.tables[0]), "-numbers.tex": numbers_tex(view.tables[0])}
    return write_rendered(summary_of(view, texts[".csv"], sources), texts)


def summary_of(view: PageView, rows: str, sources: Sources | None) -> Summary:
    """What index, document and workflow need to know of a page; ``rows`` are its CSV."""
    first, cells = view.tables[0], [cell for table in view.tables for cell in table.cells()]
    seeds = [seed for cell in cells for seed in cell.seeds]
    return Summary(
        kind="comparison" if view.compares else "table",
        scale=view.page.scale,
        stored=view.page.stored,
        folder=view.page.folder,
        name=view.page.name,
        label=view.label,
        title=view.title if view.compares else first.title,
        note=first.note,
        stand_in=view.stand_in and any(seed.provenance for seed in seeds),
        higher_is_better=all(table.higher_is_better for table in view.tables),
        runs=len(seeds),
        finished=sum(seed.status == "finished" for seed in seeds),
        level=first.level_counts,
        gain=first.gain_counts,
        reasons=view.reasons,
        rows=digest_of(rows.encode()),
        sources=sources or Sources(),
    )


def page_html(view: PageView) -> str:
    """One self-contained page: styles, scripts and the details of every cell are in it."""
    copies = {"LaTeX": tables_tex(view), "Markdown": page_markdown(view), "CSV": cells_csv(view.tables)}
    data = embedded(page_data(view, copies), "cells")
    pictures = [data_uri(picture(each.across)) if each.across and each.across.profile else "" for each in view.tables]
    scripts = ("site.js", "charts.js", "cell.js", "table.js")
    return html("table.html.j2", scripts, page=view, data=data, pictures=pictures)


def tables_tex(view: PageView) -> str:
    r"""The tables for ``\input``: a float per block."""
    return tex("table.tex.j2", page=view)


def notes_tex(view: TableView) -> str:
    r"""What the table was trained on and what was assumed, for ``\input`` into an appendix."""
    return tex("notes.tex.j2", view=view)


def numbers_tex(view: TableView) -> str:
    """A macro per number, and the command that gives them."""
    first = next((cell_key(view, cell) for cell in view.cells()), "")
    return tex("numbers.tex.j2", view=view, macros=tuple(macros(view)), meanings=MEANINGS.items(), first=first)


def tex(template: str, **values: Any) -> str:
    """Render a template with every value escaped that is not LaTeX made here; what it names and is not given is an error."""
    return _latex_environment().get_template(template).render(**values) + "\n"


def html(template: str, scripts: Sequence[str] = ("site.js",), **values: Any) -> str:
    """Render a template with autoescaping; what it names and is not given is an error.

    The page's content security policy names the scripts by their hashes, so that a browser runs nothing else in it.
    """
    from markupsafe import Markup

    script = Markup("".join((TEMPLATES / name).read_text(encoding="utf-8") for name in scripts))
    early = Markup((TEMPLATES / "theme.js").read_text(encoding="utf-8"))
    hashes = Markup(" ".join(f"'sha256-{_digest(text)}'" for text in (early, script)))
    return _html_environment().get_template(template).render(script=script, early=early, hashes=hashes, **values) + "\n"


def data_uri(svg: bytes) -> str:
    """A picture as an address that holds it, so that a page stays one file."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"


def embedded(value: Mapping[str, Any], lines: str) -> Markup:
    """JSON for a ``<script type="application/json">``, with nothing in it that could end that element.

    Parameters
    ----------
    lines
        The key whose list gets a line per item, so that two pages can be compared line by line.
    """
    from markupsafe import Markup

    rest = {key: item for key, item in value.items() if key != lines}
    items = ",\n".join(map(_json, value[lines]))
    return Markup(f'{_json(rest)[:-1]},"{lines}":[\n{items}\n]}}')


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@lru_cache(maxsize=1)
def _html_environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(slug=slug, tone=tone, symbol=SYMBOLS.__getitem__, p_words=p_words)
    environment.globals.update(anchor=anchor)
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
    cells = {"ours": latex.ours, "interval": latex.interval, "probability": latex.probability, "outcome": latex.outcome}
    environment.globals.update(cells, printed=latex.paper, verdict=latex.verdict, parts=latex.parts, label=table_label)
    environment.globals.update(verdict_lines=latex.verdict_lines)
    return environment
